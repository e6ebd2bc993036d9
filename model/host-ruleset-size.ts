import { addressFamily } from '@bulkhead/net/address.ts';
import { protocolHasPorts, protocolIsIcmp } from '@bulkhead/net/service-space.ts';
import type { HostRulesetContent, Identity, PeerAddress } from './host-ruleset.ts';
import { utf8Length } from './utf8.ts';

export type ElementKind = 'addresses' | 'prefixes' | 'services' | 'cells' | 'decisions' | 'ends';

/** What a host ruleset takes up in a kernel: elements by what they stand for, and bytes once it is loaded. */
export type RulesetSize = {
  readonly elements: Readonly<Record<ElementKind, number>>;
  readonly total: number;
  /** A replacement holds about twice that for a moment: it is made complete beside what enforces. */
  readonly bytes: number;
};

export type SizeBudget = { readonly elements: number; readonly bytes: number };

/**
 * 100,000 peers with 200,000 cells are about 25 MB and load in two to three seconds: beyond twice that a host is busy
 * with its own rules at every start.
 */
export const defaultSizeBudget: SizeBudget = { elements: 500_000, bytes: 60_000_000 };

/**
 * Measured on kernel 6.18 with `npm run bench -- size`: an element is a piece of kernel memory of the next size the
 * allocator has, and a bit for finding it. Its comment, which people read, is part of it.
 */
const pieces = [32, 64, 96, 128, 192, 256, 512];
const piece = (bytes: number): number => pieces.find((one) => one >= bytes) ?? bytes;
const hashed = { four: 48, six: 60, finding: 7 } as const;
/** Bytes of one address, whatever it is called. */
export const largestAddress = 200;
/** Ranges of addresses have two ends, each an element; the second one has no comment. */
const range = { first: 80, second: 72 } as const;
/** Ranges of ports stand in two tables of bits besides. */
const portRange = 250;
const perDecision = 1400;
const perClass = 480;
const perEnd = 4000;
/** What is there however little a ruleset says. */
const always = 130_000;
/** A comment and what it takes to say that it is one; longer ones are cut. */
const commentLimit = 120;
const commentHead = 4;
/** With more cells than this, cells have no comments. */
const commentedCells = 10_000;

/** Costs what identities, classes and decisions are, not what addresses and cells are: names count by their average. */
export function rulesetSize(content: HostRulesetContent): RulesetSize {
  const { identities, addresses, prefixes, classes, decisions, ends } = content;
  const four = firstOfSix(addresses);
  const six = addresses.length - four;
  const cells = ends.reduce((sum, { inbound, outbound }) => sum + inbound.cells.length + outbound.cells.length, 0);
  const services = classes.reduce((sum, one) => sum + partsOf(one.services), 0);
  const own = ends.reduce((sum, end) => sum + end.addresses.length, 0);
  const elements = {
    ...{ addresses: addresses.length, prefixes: prefixes.length, services, cells },
    ...{ decisions: decisions.length, ends: 2 * own },
  };
  const comment = commentOf(identities);
  const cellComment = cells === 0 || cells > commentedCells ? 0 : Math.min(comment + averageService, commentMost);
  const bytes =
    four * (piece(hashed.four + comment) + hashed.finding) +
    six * (piece(hashed.six + comment) + hashed.finding) +
    prefixes.length * (piece(range.first + comment) + range.second) +
    cells * (piece(hashed.four + cellComment) + hashed.finding) +
    2 * own * (piece(hashed.four) + hashed.finding) +
    (services * portRange + classes.length * perClass) +
    (decisions.length * perDecision + ends.length * perEnd + always);
  return { elements, total: Object.values(elements).reduce((sum, count) => sum + count), bytes };
}

const commentMost = commentHead + commentLimit;
/** ", tcp/5432" and the like. */
const averageService = 14;

function commentOf(identities: readonly Identity[]): number {
  if (identities.length === 0) return 0;
  const length = ({ name }: Identity) => Math.min(utf8Length(name), commentLimit);
  return commentHead + Math.round(identities.reduce((sum, one) => sum + length(one), 0) / identities.length);
}

/** Sorted by family: where those of IPv6 begin. */
function firstOfSix(addresses: readonly PeerAddress[]): number {
  let [low, high] = [0, addresses.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const peer = addresses[middle];
    if (peer !== undefined && addressFamily(peer.address) === 4) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Protocols without ports that follow each other are one element. */
function partsOf(services: readonly { readonly first: number; readonly last: number }[]): number {
  let parts = 0;
  for (const { first, last } of services) {
    let plain = false;
    for (let protocol = first >>> 16; protocol <= last >>> 16; protocol++) {
      if (protocolHasPorts(protocol) || protocolIsIcmp(protocol)) parts++;
      else plain = true;
    }
    if (plain) parts++;
  }
  return parts;
}

/** Null, or why a host may not be asked to hold it, with what would make it smaller. */
export function beyondBudget({ elements, total, bytes }: RulesetSize, budget: SizeBudget): string | null {
  if (total <= budget.elements && bytes <= budget.bytes) return null;
  const [largest] = (Object.keys(elements) as ElementKind[]).sort((a, b) => elements[b] - elements[a]);
  const kind = largest ?? 'addresses';
  const so = `its ruleset would hold ${total} elements and ${megabytes(bytes)} of kernel memory`;
  const most = `at most ${budget.elements} and ${megabytes(budget.bytes)} are taken`;
  return `${so}, ${most}; ${elements[kind]} of them are ${kind}: ${smaller[kind]}`;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const smaller: Readonly<Record<ElementKind, string>> = {
  addresses: 'rules for fewer workloads are needed, or prefixes of an ip list instead of workloads',
  prefixes: 'shorter ip lists are needed, or wider prefixes in them',
  services: 'fewer or wider port ranges are needed',
  cells: 'rules that tell fewer label sets and fewer services apart are needed, such as wider selectors',
  decisions: 'fewer rules that decide on this host are needed',
  ends: 'fewer addresses of its own with rules apart are needed',
};
