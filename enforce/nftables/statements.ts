/**
 * The nftables statements this back end uses, each as the text that is loaded and as the JSON that `nft -nn -j list`
 * (1.0.6) prints for it. Read-back compares the JSON; a test loads every form and holds the two equal.
 */
export type Statement = { readonly text: string; readonly json: unknown };
export type Rule = { readonly statements: readonly Statement[]; readonly comment: string | null };

export const rule = (...statements: readonly Statement[]): Rule => ({ statements, comment: null });
export const ruleText = (r: Rule): string =>
  r.statements.map((s) => s.text).join(' ') + (r.comment === null ? '' : ` comment "${r.comment}"`);

export type PacketField = 'source' | 'destination';
export type PortField = 'sport' | 'dport';
export type IpName = 'ip' | 'ip6';

export const priority = { meta: { key: 'priority' } };
const mark = { ct: { key: 'mark' } };
export const addressField = { source: 'saddr', destination: 'daddr' } as const;

export const accept: Statement = { text: 'accept', json: { accept: null } };
export const drop: Statement = { text: 'drop', json: { drop: null } };
export const leave: Statement = { text: 'return', json: { return: null } };
export const jump = (chain: string): Statement => ({ text: `jump ${chain}`, json: { jump: { target: chain } } });
export const goTo = (chain: string): Statement => ({ text: `goto ${chain}`, json: { goto: { target: chain } } });
export const count = (name: string): Statement => ({ text: `counter name "${name}"`, json: { counter: name } });
export const log = (prefix: string, group: number): Statement => ({
  text: `log prefix "${prefix}" group ${group}`,
  json: { log: { prefix, group } },
});

/** The scratch word is written as a class handle, `major:minor` in hexadecimal, because nft prints it so. */
export function scratchText(value: number): string {
  if (value === 0) return 'none';
  if (value === 0xffffffff) return 'root';
  return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}

export const clearScratch: Statement = {
  text: 'meta priority set none',
  json: { mangle: { key: priority, value: 'none' } },
};
export const scratchIsClear: Statement = {
  text: 'meta priority none',
  json: { match: { op: '==', left: priority, right: 'none' } },
};
export const orScratch = (value: number): Statement => scratchWith('|', value);
export const andScratch = (value: number): Statement => scratchWith('&', value);

function scratchWith(operator: '|' | '&', value: number): Statement {
  return {
    text: `meta priority set meta priority ${operator} ${scratchText(value)}`,
    json: { mangle: { key: priority, value: { [operator]: [priority, scratchText(value)] } } },
  };
}

export const scratchFromScratch = (map: string): Statement => ({
  text: `meta priority set meta priority map @${map}`,
  json: { mangle: { key: priority, value: { map: { key: priority, data: `@${map}` } } } },
});

export const branchOnScratch = (map: string): Statement => ({
  text: `meta priority vmap @${map}`,
  json: { vmap: { key: priority, data: `@${map}` } },
});

export const branchOnProtocol = (map: string): Statement => ({
  text: `meta l4proto vmap @${map}`,
  json: { vmap: { key: { meta: { key: 'l4proto' } }, data: `@${map}` } },
});

/** For ICMP `sport` reads the first two bytes of its header, type and code: the value of the service space as it is. */
export const branchOnPort = (field: PortField, map: string): Statement => ({
  text: `meta l4proto . th ${field} vmap @${map}`,
  json: {
    vmap: {
      key: { concat: [{ meta: { key: 'l4proto' } }, { payload: { protocol: 'th', field } }] },
      data: `@${map}`,
    },
  },
});

export const fromNameServer: Statement = {
  text: 'udp sport 53',
  json: { match: { op: '==', left: { payload: { protocol: 'udp', field: 'sport' } }, right: 53 } },
};

export const copyTo = (group: number): Statement => ({ text: `log group ${group}`, json: { log: { group } } });

export const throughLoopback = (key: 'iif' | 'oif'): Statement => ({
  text: `${key} "lo"`,
  json: { match: { op: '==', left: { meta: { key } }, right: 'lo' } },
});

const stateBits = { invalid: 1, related: 4, new: 8 } as const;
export const stateIs = (state: keyof typeof stateBits): Statement => ({
  text: `ct state ${state}`,
  json: { match: { op: 'in', left: { ct: { key: 'state' } }, right: stateBits[state] } },
});

/** True from a flow's second packet on, and for the first of a connection that a tracking helper announced. */
export const isTracked: Statement = {
  text: 'ct status expected,confirmed',
  json: { match: { op: 'in', left: { ct: { key: 'status' } }, right: [1, 8] } },
};

export const isOriginal: Statement = directionIs('original', 0);
export const isReply: Statement = directionIs('reply', 1);
function directionIs(text: string, right: number): Statement {
  return {
    text: `ct direction ${text}`,
    json: { match: { op: '==', left: { ct: { key: 'direction' } }, right } },
  };
}

export const markIs = (bits: number, value: number): Statement => markMatch('==', bits, value);
export const markIsNot = (bits: number, value: number): Statement => markMatch('!=', bits, value);
function markMatch(op: '==' | '!=', bits: number, value: number): Statement {
  return {
    text: `ct mark & ${hex32(bits)} ${op} ${hex32(value)}`,
    json: { match: { op, left: { '&': [mark, bits] }, right: value } },
  };
}

export const addToMark = (bits: number): Statement => ({
  text: `ct mark set ct mark | ${hex32(bits)}`,
  json: { mangle: { key: mark, value: { '|': [mark, bits] } } },
});

export const clearMark = (bits: number): Statement => {
  const kept = ~bits >>> 0;
  return {
    text: `ct mark set ct mark & ${hex32(kept)}`,
    json: { mangle: { key: mark, value: { '&': [mark, kept] } } },
  };
};

/** nft folds `mark & ~bits | value` to `mark & (~bits | value) | value`; written that way it reads back unchanged. */
export const setMark = (bits: number, value: number): Statement => {
  const kept = (~bits | value) >>> 0;
  return {
    text: `ct mark set ct mark & ${hex32(kept)} | ${hex32(value)}`,
    json: { mangle: { key: mark, value: { '|': [{ '&': [mark, kept] }, value] } } },
  };
};

export const isIcmp: Statement = {
  text: 'meta l4proto { icmp, ipv6-icmp }',
  json: { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: { set: [1, 58] } } },
};

export const isFirstOfTcp: Statement = firstOfTcp('==');
export const isNotFirstOfTcp: Statement = firstOfTcp('!=');
function firstOfTcp(op: '==' | '!='): Statement {
  return {
    text: `tcp flags & (syn | ack) ${op} syn`,
    json: { match: { op, left: { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, [2, 16]] }, right: 2 } },
  };
}

export const tcpPortWithin = (field: PortField, first: number, last: number): Statement => ({
  text: `tcp ${field} ${first}-${last}`,
  json: {
    match: { op: '==', left: { payload: { protocol: 'tcp', field } }, right: { range: [first, last] } },
  },
});

const hex32 = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
