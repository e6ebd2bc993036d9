/**
 * An address in its one canonical text form: dotted IPv4, or RFC 5952 IPv6. An IPv4-mapped IPv6 address is its IPv4
 * address, so two spellings of one endpoint are always the same string and may be used as a map key.
 */
declare const brand: unique symbol;
export type Address = string & { readonly [brand]: 'Address' };
export type Family = 4 | 6;

const mappedPrefix = 0xffffn;

/** Parses either family; null when the text is not exactly one address (no zone, no port, no prefix length). */
export function parseAddress(text: string): Address | null {
  const v4 = parseV4(text);
  if (v4 !== null) return formatV4(v4) as Address;
  const v6 = parseV6(text);
  if (v6 === null) return null;
  return addressFromBits(v6 >> 32n === mappedPrefix ? 4 : 6, v6 >> 32n === mappedPrefix ? v6 & 0xffffffffn : v6);
}

export function addressFamily(address: Address): Family {
  return address.includes(':') ? 6 : 4;
}

/** The address as an unsigned integer of 32 or 128 bits. */
export function addressBits(address: Address): bigint {
  const bits = addressFamily(address) === 4 ? parseV4(address) : parseV6(address);
  if (bits === null) throw new Error(`Not a canonical address: ${address}`);
  return BigInt(bits);
}

export function addressFromBits(family: Family, bits: bigint): Address {
  return (family === 4 ? formatV4(Number(bits)) : formatV6(bits)) as Address;
}

/** The 4 or 16 bytes of the address, most significant first. */
export function addressFromBytes(bytes: Uint8Array): Address {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  if (bytes.length === 4) return addressFromBits(4, bits);
  return bits >> 32n === mappedPrefix ? addressFromBits(4, bits & 0xffffffffn) : addressFromBits(6, bits);
}

function parseV4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let bits = 0;
  for (const part of match.slice(1)) {
    // A leading zero is octal to some programs and decimal to others: refused.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return null;
    bits = bits * 256 + Number(part);
  }
  return bits;
}

function formatV4(bits: number): string {
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

function parseV6(text: string): bigint | null {
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text)) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = groups(halves[1] ?? '', true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = [...head, ...Array<number>(Math.max(missing, 0)).fill(0), ...tail];
  return all.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** 16-bit groups of one side of `::`; the last may be written as a dotted IPv4 address where `mayEndInV4`. */
function groups(text: string, mayEndInV4: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const out: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (mayEndInV4 && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === null) return null;
      out.push(v4 >>> 16, v4 & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) out.push(Number.parseInt(part, 16));
    else return null;
  }
  return out;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) is `::`. */
function formatV6(bits: bigint): string {
  const parts = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(112 - 16 * i)) & 0xffffn));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && parts[i + run] === 0) run++;
    if (run > length) [start, length] = [i, run];
  }
  const hex = (list: number[]) => list.map((part) => part.toString(16)).join(':');
  return start < 0 ? hex(parts) : `${hex(parts.slice(0, start))}::${hex(parts.slice(start + length))}`;
}
