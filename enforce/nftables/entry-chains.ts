import { type Copy, nameIn } from './copy.ts';
import {
  addressIsIn,
  addressIsNotIn,
  beganHere,
  branchOnAddress,
  inFlow,
  inPacket,
  isBare,
  isNotOwn,
  isNotRedirect,
  isOwn,
  isReset,
  isTranslated,
  rememberDestination,
} from './flow-statements.ts';
import { guestMapName, ownSets } from './guest-maps.ts';
import { formatHeld, formatShared, type HeldTable, hasGuests } from './held-table.ts';
import type { NftOptions } from './options.ts';
import type { ChainShape, Hook } from './shape.ts';
import { type Stamp, stampOf } from './stamp.ts';
import {
  accept,
  addToMark,
  clearMark,
  copyTo,
  count,
  fromNameServer,
  goTo,
  type IpName,
  isFirstOfTcp,
  isIcmp,
  isNotFirstOfTcp,
  isOriginal,
  isReply,
  isTracked,
  jump,
  leave,
  markIs,
  markIsNot,
  type Rule,
  rule,
  type Statement,
  setMark,
  stateIs,
  tcpPortWithin,
  throughLoopback,
} from './statements.ts';

/** The kernel's default first port for clients; below it a port is taken for a server's. */
const firstClientPort = 32768;

/** Before the usual filter priority 0, after connection tracking, mangling and destination NAT. */
const filterPriority = -5;
/** After connection tracking, before an address is translated to where it is published. */
const askedPriority = -150;
/** After addresses are translated to the host's own. */
const leavingPriority = 150;

export const forwardedCounter = { name: 'forwarded', comment: 'neither end of it is a guest' };

const families: readonly IpName[] = ['ip', 'ip6'];

/**
 * Chains under names that stay: the hooked ones, those that they share, and the one that says what the table holds.
 * All of it follows from what is held, so every place writes the same.
 */
export function entryChains(table: HeldTable, options: NftOptions): ChainShape[] {
  const stamp = stampOf(table.epoch, options.markMask);
  const host = table.places.get(0)?.copy ?? null;
  const guests = hasGuests(table) ? table.shared : null;
  const answers = table.places.get(0)?.answers === undefined ? null : options.answerGroup;
  const parts: Parts = { stamp, host, guests, answers };
  const ours = stamp.bits + stamp.reversed;
  return [
    heldChain(table),
    plain('stamp', stampRules(stamp)),
    plain('asked', [...families.map((ip) => rule(rememberDestination(ip, ownSets[ip]))), rule(accept)]),
    plain('answers', answerRules(parts)),
    hooked('prerouting', askedPriority, preroutingRules(parts)),
    plain('input_first', toHost(parts, 'in_first')),
    hooked('input', filterPriority, [
      ...copied(parts, markIs(stamp.bits, stamp.value)),
      passes(stamp),
      rule(throughLoopback('iif'), accept),
      // Nothing below concerns the first packet of a connection that nobody judged; most judged packets are that.
      rule(stateIs('new'), markIs(ours, 0), isFirstOfTcp, goTo('input_first')),
      ...seen(stamp),
      ...toHost(parts, 'to'),
    ]),
    plain('output_first', fromHost(parts, 'out_first')),
    hooked('output', filterPriority, [
      passes(stamp),
      rule(throughLoopback('oif'), accept),
      rule(stateIs('new'), markIs(ours, 0), isFirstOfTcp, goTo('output_first')),
      ...seen(stamp),
      ...fromHost(parts, 'from'),
    ]),
    plain('routed', routedRules(parts)),
    plain('published', publishedRules(parts)),
    plain('translated', translatedRules(parts)),
    hooked('forward', filterPriority, [
      passes(stamp),
      ...seen(stamp),
      rule(isTranslated('dnat'), goTo('translated')),
      rule(goTo('routed')),
    ]),
    plain('published_answers', publishedAnswerRules(parts)),
    hooked('postrouting', leavingPriority, postroutingRules(parts)),
  ];
}

type Parts = {
  readonly stamp: Stamp;
  readonly host: Copy | null;
  readonly guests: Copy | null;
  /** The log group that answers of name servers are copied to; null: nobody asked for them. */
  readonly answers: number | null;
};

export function heldChain(table: HeldTable): ChainShape {
  // A rule's comment, because the JSON listing of nft 1.0.6 leaves out comments of chains.
  const says = (comment: string): Rule => ({ statements: [leave], comment });
  const places = [...table.places].map(([place, numbers]) => says(formatHeld(place, numbers)));
  return plain('held', [says(formatShared(table)), ...places]);
}

/** An error is no flow of its own: what it is about stays as it was. */
function stampRules({ bits, value }: Stamp): Rule[] {
  return [rule(stateIs('related'), isIcmp, accept), rule(setMark(bits, value)), rule(accept)];
}

/** Of name servers that the host was allowed to ask: before the fast path those of stamped flows, behind it the others. */
function copied({ answers }: Parts, ...when: readonly Statement[]): Rule[] {
  return answers === null ? [] : [rule(fromNameServer, isReply, ...when, copyTo(answers))];
}

/** Nearly every packet. */
const passes = ({ bits, reversed, value }: Stamp): Rule => rule(isTracked, markIs(bits + reversed, value), accept);

/** What is known without judging. */
function seen(stamp: Stamp): Rule[] {
  const ours = stamp.bits + stamp.reversed;
  return [
    // No server begins a connection with its client: what was taken for its answers was not, and allowed nothing.
    rule(isOriginal, isFirstOfTcp, markIs(stamp.reversed, stamp.reversed), clearMark(ours)),
    ...allowed(stamp),
    // Tracking met this connection in its middle, and the server spoke first.
    rule(
      stateIs('new'),
      isNotFirstOfTcp,
      tcpPortWithin('sport', 0, firstClientPort - 1),
      tcpPortWithin('dport', firstClientPort, 65535),
      addToMark(stamp.reversed),
    ),
  ];
}

function allowed({ bits, value }: Stamp): Rule[] {
  return [
    rule(isTracked, markIs(bits, value), accept),
    // Errors about a flow that some epoch allowed pass unjudged, or path MTU breaks after every change. Tracking takes a
    // redirect for an error, but it changes where packets go.
    rule(stateIs('related'), isIcmp, isNotRedirect, markIsNot(bits, 0), accept),
    // The far end of a connection that was allowed once and is ended now hears of it.
    rule(isReset, isBare, markIsNot(bits, 0), accept),
  ];
}

/** To the chains of the guest with this address, if there is one. */
function branches({ guests }: Parts, chain: 'from' | 'to', field: 'source' | 'destination'): Rule[] {
  if (guests === null) return [];
  return families.map((ip) => rule(branchOnAddress(ip, inPacket(field), guestMapName(chain, ip, guests))));
}

/** Who sends is asked first, as if each end had a host of its own. */
function toHost(parts: Parts, chain: 'to' | 'in_first'): Rule[] {
  const heard = chain === 'to' ? copied(parts) : [];
  return [...branches(parts, 'from', 'source'), ...hostEnd(parts, chain), ...heard, rule(goTo('stamp'))];
}

function fromHost(parts: Parts, chain: 'from' | 'out_first'): Rule[] {
  return [...hostEnd(parts, chain), ...branches(parts, 'to', 'destination'), rule(goTo('stamp'))];
}

function hostEnd({ host }: Parts, chain: 'from' | 'to' | 'in_first' | 'out_first' | 'in_published'): Rule[] {
  return host === null ? [] : [rule(jump(nameIn({ place: 0, copy: host }, chain)))];
}

type Tracked = { readonly tuple: 'original' | 'reply'; readonly verdict: Statement };

/** `tuple`'s source is a guest: of `original` the one who asked, of `reply` the one who answers. */
function guestIs({ guests }: Parts, { tuple, verdict }: Tracked): Rule[] {
  if (guests === null) return [];
  return families.map((ip) => rule(addressIsIn(ip, inFlow(tuple, 'source'), guestMapName('all', ip, guests)), verdict));
}

/**
 * Which addresses of the host are spoken to is remembered: after translation nothing says any more that what was asked
 * for was the host's. Answers to what left in the host's name are judged before they are translated back.
 */
function preroutingRules({ stamp }: Parts): Rule[] {
  return [
    rule(isTracked, markIs(stamp.bits, stamp.value), accept),
    rule(throughLoopback('iif'), accept),
    rule(isOriginal, isOwn('destination'), goTo('asked')),
    rule(isReply, isTranslated('snat'), isOwn('destination'), goTo('answers')),
  ];
}

function answerRules(parts: Parts): Rule[] {
  return [
    ...allowed(parts.stamp).slice(1),
    ...guestIs(parts, { tuple: 'original', verdict: accept }),
    ...hostEnd(parts, 'to'),
    rule(accept),
  ];
}

function routedRules(parts: Parts): Rule[] {
  const { guests } = parts;
  const others =
    guests === null
      ? [rule(stateIs('new'), count(forwardedCounter.name))]
      : families.map((ip) => {
          const all = guestMapName('all', ip, guests);
          const neither = (['source', 'destination'] as const).map((field) => addressIsNotIn(ip, inPacket(field), all));
          return rule(stateIs('new'), ...neither, count(forwardedCounter.name));
        });
  return [...others, ...branches(parts, 'from', 'source'), ...branches(parts, 'to', 'destination'), rule(accept)];
}

/** What the host published and a guest serves is the guest's; the rest of it is the host's own. */
function translatedRules(parts: Parts): Rule[] {
  return [
    ...guestIs(parts, { tuple: 'reply', verdict: goTo('routed') }),
    ...families.map((ip) => rule(addressIsIn(ip, inFlow('original', 'destination'), ownSets[ip]), goTo('published'))),
    rule(goTo('routed')),
  ];
}

/** Answers are judged when they have the host's address again, in `postrouting`. */
function publishedRules(parts: Parts): Rule[] {
  const { guests } = parts;
  const asking =
    guests === null
      ? []
      : families.map((ip) => rule(branchOnAddress(ip, inPacket('source'), guestMapName('published', ip, guests))));
  return [rule(isReply, accept), ...asking, ...hostEnd(parts, 'in_published'), rule(accept)];
}

/**
 * Forwarded packets are stamped here, when both ends were asked. What leaves in the host's name and is no guest's is the
 * host's: connections of containers that are no workloads, and answers of published ports.
 */
function postroutingRules(parts: Parts): Rule[] {
  const { bits, value } = parts.stamp;
  return [
    ...allowed(parts.stamp),
    // Began here, or came in through a bridge that passes it on: the hook shows no interface for either. What `output`
    // let go has the stamp.
    rule(beganHere, markIs(bits, value), accept),
    rule(throughLoopback('oif'), accept),
    rule(isNotOwn('source'), goTo('stamp')),
    rule(isReply, isTranslated('dnat'), goTo('published_answers')),
    rule(beganHere, accept),
    ...guestIs(parts, { tuple: 'original', verdict: goTo('stamp') }),
    ...hostEnd(parts, 'from'),
    rule(goTo('stamp')),
  ];
}

/** They have the host's address again: whoever asked for it is answered by it. */
function publishedAnswerRules(parts: Parts): Rule[] {
  return [
    ...guestIs(parts, { tuple: 'reply', verdict: goTo('stamp') }),
    ...hostEnd(parts, 'from'),
    ...branches(parts, 'to', 'destination'),
    rule(goTo('stamp')),
  ];
}

function plain(name: string, rules: readonly Rule[]): ChainShape {
  return { name, hook: null, comment: null, rules };
}

function hooked(name: Hook['name'], priority: number, rules: readonly Rule[]): ChainShape {
  return { name, hook: { name, priority }, comment: null, rules };
}
