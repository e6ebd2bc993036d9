/**
 * Whether an address lies in a block such as `10.0.0.0/8` or `fd00::/8`. Bits are compared as text: slow, and plain
 * enough to be believed. Addresses of the two families never meet; bits of the block after its length mean nothing
 * (`net.ParseCIDR`, which the API names as the reader of such a block).
 */
export function blockContains(block: string, address: string): boolean {
  const [base = '', length = ''] = block.split('/');
  if (base.includes(':') !== address.includes(':')) return false;
  return bits(base).slice(0, Number(length)) === bits(address).slice(0, Number(length));
}

type Blocks = {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] | null } | null;
  readonly networks?: readonly string[];
};

/**
 * Whatever address somebody has, or a domain name leads to, is then in one of the blocks, whether it is known or not. Of
 * blocks of one family nobody can say so.
 */
export function holdAllAddresses(peers: readonly Blocks[]): boolean {
  const whole = peers.flatMap(({ ipBlock, networks }) => [
    ...(ipBlock && (ipBlock.except ?? []).length === 0 ? [ipBlock.cidr] : []),
    ...(networks ?? []),
  ]);
  return whole.includes('0.0.0.0/0') && whole.includes('::/0');
}

/** Two texts of one address: `fd00::1` and `fd00:0::1`. */
export function sameAddress(one: string, other: string): boolean {
  return one.includes(':') === other.includes(':') && bits(one) === bits(other);
}

function bits(address: string): string {
  const [parts, width] = address.includes(':') ? [hextets(address), 16] : [address.split('.').map(Number), 8];
  return parts.map((part) => part.toString(2).padStart(width, '0')).join('');
}

function hextets(address: string): number[] {
  const [before = '', after] = address.split('::');
  const numbers = (text: string) => (text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16)));
  if (after === undefined) return numbers(before);
  const [head, tail] = [numbers(before), numbers(after)];
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}
