/** Packets of one flow as they go over a cable, made without a socket at either end. */
export type FlowPacket = {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
};

/** `ask` opens it, `answer` is the server's, `data` is the client's and may come any number of times. */
export type Step = 'ask' | 'answer' | 'data';

const [tcp, udp] = [6, 17];
const flags = { ask: 0x02, answer: 0x12, data: 0x10 } as const;
const [clientSequence, serverSequence] = [1000, 5000];

export function flowPacket(protocol: 'tcp' | 'udp', flow: FlowPacket, step: Step): Uint8Array {
  const isAnswer = step === 'answer';
  const [from, to] = isAnswer ? [flow.server, flow.client] : [flow.client, flow.server];
  const [fromPort, toPort] = isAnswer ? [flow.serverPort, flow.clientPort] : [flow.clientPort, flow.serverPort];
  const packet = Buffer.alloc(20 + (protocol === 'tcp' ? 20 : 9));
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = protocol === 'tcp' ? tcp : udp;
  // The kernel writes the checksum of the header.
  packet.set(from.split('.').map(Number), 12);
  packet.set(to.split('.').map(Number), 16);
  packet.writeUInt16BE(fromPort, 20);
  packet.writeUInt16BE(toPort, 22);
  if (protocol === 'tcp') writeTcp(packet.subarray(20), step);
  else packet.writeUInt16BE(9, 24);
  return packet;
}

function writeTcp(header: Buffer, step: Step): void {
  const [sequence, acknowledged] = {
    ask: [clientSequence, 0],
    answer: [serverSequence, clientSequence + 1],
    data: [clientSequence + 1, serverSequence + 1],
  }[step] as [number, number];
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE(acknowledged, 8);
  header[12] = 0x50;
  header[13] = flags[step];
  header.writeUInt16BE(0xffff, 14);
}
