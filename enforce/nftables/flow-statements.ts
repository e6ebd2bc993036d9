import { addressField, type IpName, type PacketField, priority, type Statement } from './statements.ts';

/**
 * Statements about translated and forwarded flows, in the same two forms as in statements.ts. "Tracked" addresses are
 * what connection tracking knows of the flow, before and after translation, whichever way this packet goes.
 */
export type Tuple = 'original' | 'reply';
export type AddressSource =
  | { readonly from: 'packet'; readonly field: PacketField }
  | { readonly from: Tuple; readonly field: PacketField };

export const inPacket = (field: PacketField): AddressSource => ({ from: 'packet', field });
export const inFlow = (from: Tuple, field: PacketField): AddressSource => ({ from, field });

function address(ip: IpName, source: AddressSource): { readonly text: string; readonly json: unknown } {
  const field = addressField[source.field];
  if (source.from === 'packet') return { text: `${ip} ${field}`, json: { payload: { protocol: ip, field } } };
  return { text: `ct ${source.from} ${ip} ${field}`, json: { ct: { key: `${ip} ${field}`, dir: source.from } } };
}

export const scratchFromAddress = (ip: IpName, source: AddressSource, map: string): Statement => {
  const { text, json } = address(ip, source);
  return {
    text: `meta priority set ${text} map @${map}`,
    json: { mangle: { key: priority, value: { map: { key: json, data: `@${map}` } } } },
  };
};

export const branchOnAddress = (ip: IpName, source: AddressSource, map: string): Statement => {
  const { text, json } = address(ip, source);
  return { text: `${text} vmap @${map}`, json: { vmap: { key: json, data: `@${map}` } } };
};

export const addressIsIn = (ip: IpName, source: AddressSource, set: string): Statement => {
  const { text, json } = address(ip, source);
  return { text: `${text} @${set}`, json: { match: { op: '==', left: json, right: `@${set}` } } };
};

export const addressIsNotIn = (ip: IpName, source: AddressSource, set: string): Statement => {
  const { text, json } = address(ip, source);
  return { text: `${text} != @${set}`, json: { match: { op: '!=', left: json, right: `@${set}` } } };
};

export const protocolIs = (name: string, number: number): Statement => ({
  text: `meta l4proto ${name}`,
  json: { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: number } },
});

/** nft 1.0.6 takes it only behind a protocol, and in no concatenation. */
export const branchOnOriginalPort = (map: string): Statement => ({
  text: `ct original proto-dst vmap @${map}`,
  json: { vmap: { key: { ct: { key: 'proto-dst', dir: 'original' } }, data: `@${map}` } },
});

const translatedBits = { snat: 16, dnat: 32 } as const;
export const isTranslated = (how: keyof typeof translatedBits): Statement => ({
  text: `ct status ${how}`,
  json: { match: { op: 'in', left: { ct: { key: 'status' } }, right: translatedBits[how] } },
});

/** The kernel's own answer to whether an address is one of this host. */
export const isOwn = (field: PacketField): Statement => ownMatch('==', field);
export const isNotOwn = (field: PacketField): Statement => ownMatch('!=', field);
function ownMatch(op: '==' | '!=', field: PacketField): Statement {
  const flag = addressField[field];
  return {
    text: `fib ${flag} type ${op === '==' ? '' : '!= '}local`,
    json: { match: { op, left: { fib: { result: 'type', flags: [flag] } }, right: 2 } },
  };
}

export const rememberDestination = (ip: IpName, set: string): Statement => ({
  text: `add @${set} { ${ip} daddr }`,
  json: { set: { op: 'add', elem: { payload: { protocol: ip, field: 'daddr' } }, set: `@${set}` } },
});

/** It came in through no interface. */
export const beganHere: Statement = {
  text: 'iif 0',
  json: { match: { op: '==', left: { meta: { key: 'iif' } }, right: '0' } },
};

export const isReset: Statement = {
  text: 'tcp flags rst',
  json: { match: { op: 'in', left: { payload: { protocol: 'tcp', field: 'flags' } }, right: 4 } },
};

/** The headers of IP and TCP and hardly more; nft 1.0.6 has no words for "without data". */
export const isBare: Statement = {
  text: 'meta length 40-80',
  json: { match: { op: '==', left: { meta: { key: 'length' } }, right: { range: [40, 80] } } },
};

/** The first byte of either ICMP header is its type; 5 is none that ICMPv6 knows. */
export const isNotRedirect: Statement = {
  text: '@th,0,8 != 5',
  json: { match: { op: '!=', left: { payload: { base: 'th', offset: 0, len: 8 } }, right: 5 } },
};
