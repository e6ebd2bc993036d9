import { addressBits, addressFamily, parseAddress } from '@bulkhead/net/address.ts';

export type HostAddress = { readonly interface: string; readonly address: string };
type Interfaces = Readonly<
  Record<string, readonly { readonly address: string; readonly internal: boolean }[] | undefined>
>;

/** Addresses others can reach this host at: neither loopback nor link-local, sorted so that equal hosts are equal texts. */
export function hostAddresses(interfaces: Interfaces): HostAddress[] {
  return Object.entries(interfaces)
    .flatMap(([name, entries]) =>
      (entries ?? []).flatMap(({ address, internal }) => {
        const parsed = parseAddress(address);
        return internal || parsed === null || isLocal(parsed) ? [] : [{ interface: name, address: parsed as string }];
      }),
    )
    .sort((a, b) => (`${a.interface} ${a.address}` < `${b.interface} ${b.address}` ? -1 : 1));
}

/** 127/8, 169.254/16, ::1, fe80::/10. */
function isLocal(address: NonNullable<ReturnType<typeof parseAddress>>): boolean {
  const bits = addressBits(address);
  if (addressFamily(address) === 4) return bits >> 24n === 127n || bits >> 16n === 0xa9fen;
  return bits === 1n || bits >> 118n === 0x3fan;
}
