/** What an IP packet carries over UDP. `sourcePort` is the sender's. */
export type Datagram = { readonly sourcePort: number; readonly payload: Uint8Array };

const udp = 17;
/** Hop-by-hop, routing and destination options: headers of IPv6 that may stand before UDP. */
const extensions: ReadonlySet<number> = new Set([0, 43, 60]);
const mostExtensions = 8;

/** Null: it is cut short, a fragment behind the first, or no UDP. */
export function datagramIn(packet: Uint8Array): Datagram | null {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const at = (packet[0] ?? 0) >> 4 === 4 ? afterIpv4(packet, view) : afterIpv6(packet, view);
  if (at === null || packet.length < at + 8) return null;
  const length = view.getUint16(at + 4);
  if (length < 8 || at + length > packet.length) return null;
  return { sourcePort: view.getUint16(at), payload: packet.subarray(at + 8, at + length) };
}

function afterIpv4(packet: Uint8Array, view: DataView): number | null {
  const header = ((packet[0] ?? 0) & 15) * 4;
  if (header < 20 || packet.length < header || packet[9] !== udp) return null;
  return (view.getUint16(6) & 0x1fff) === 0 ? header : null;
}

function afterIpv6(packet: Uint8Array, view: DataView): number | null {
  if ((packet[0] ?? 0) >> 4 !== 6 || packet.length < 40) return null;
  let [next, at] = [view.getUint8(6), 40];
  for (let index = 0; index < mostExtensions && extensions.has(next); index++) {
    if (packet.length < at + 8) return null;
    next = view.getUint8(at);
    at += (view.getUint8(at + 1) + 1) * 8;
  }
  return next === udp ? at : null;
}
