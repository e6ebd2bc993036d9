import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { type Copy, nameIn } from './copy.ts';
import type { ChainShape, ShapeInput } from './shape.ts';
import { type Stamp, stampOf } from './stamp.ts';
import {
  accept,
  addToMark,
  clearMark,
  count,
  drop,
  goTo,
  isFirstOfTcp,
  isIcmp,
  isNotFirstOfTcp,
  isOriginal,
  isRedirect,
  isReply,
  isTracked,
  markIs,
  markIsNot,
  type Rule,
  rule,
  setMark,
  stateIs,
  tcpPortWithin,
  throughLoopback,
} from './statements.ts';

/** The kernel's default first port for clients; below it a port is taken for a server's. */
const firstClientPort = 32768;

/** The two hooks and what they share: everything that changes with the revision alone. */
export function baseChains({ ruleset, copy, options }: Omit<ShapeInput, 'structure'>): ChainShape[] {
  const stamp = stampOf(ruleset.revision, options.markMask);
  return [
    { name: nameIn(copy, 'stamp'), hook: null, comment: null, rules: [rule(setMark(stamp.bits, stamp.value))] },
    base({ direction: 'inbound', content: ruleset.content, stamp, copy }),
    base({ direction: 'outbound', content: ruleset.content, stamp, copy }),
  ];
}

/** Under `enforce` a packet that belongs to no connection is dropped: nothing can have allowed it. */
export function dropsInvalid(content: HostRulesetContent, direction: Direction): boolean {
  return content.ends.some((end) => content.decisions[end[direction].miss]?.effective.verdict === 'deny');
}

type Base = {
  readonly direction: Direction;
  readonly content: HostRulesetContent;
  readonly stamp: Stamp;
  readonly copy: Copy;
};

function base({ direction, content, stamp, copy }: Base): ChainShape {
  const short = direction === 'inbound' ? 'in' : 'out';
  const [first, reply] = [goTo(nameIn(copy, `${short}_first`)), goTo(nameIn(copy, `${short}_reply`))];
  const invalid = dropsInvalid(content, direction) ? drop : accept;
  const ours = stamp.bits + stamp.reversed;
  const rules: Rule[] = [
    rule(isTracked, markIs(ours, stamp.value), accept),
    rule(throughLoopback(direction === 'inbound' ? 'iif' : 'oif'), accept),
    // Nothing below concerns the first packet of a connection that nobody judged; most judged packets are that.
    rule(stateIs('new'), markIs(ours, 0), isFirstOfTcp, first),
    // No server begins a connection with its client: what was taken for its answers was not, and allowed nothing.
    rule(isOriginal, isFirstOfTcp, markIs(stamp.reversed, stamp.reversed), clearMark(ours)),
    rule(isTracked, markIs(stamp.bits, stamp.value), accept),
    rule(stateIs('invalid'), count(`invalid_${short}`), invalid),
    // Tracking takes it for an error, but it changes where packets go.
    rule(stateIs('related'), isRedirect, first),
    // Errors about a flow that some revision allowed pass unjudged, or path MTU breaks after every change.
    rule(stateIs('related'), isIcmp, markIsNot(stamp.bits, 0), accept),
    rule(stateIs('related'), isIcmp, first),
    // Tracking met this connection in its middle, and the server spoke first.
    rule(
      stateIs('new'),
      isNotFirstOfTcp,
      tcpPortWithin('sport', 0, firstClientPort - 1),
      tcpPortWithin('dport', firstClientPort, 65535),
      addToMark(stamp.reversed),
    ),
    rule(isReply, markIs(stamp.reversed, 0), reply),
    rule(isOriginal, markIs(stamp.reversed, stamp.reversed), reply),
    rule(first),
  ];
  const hook = direction === 'inbound' ? 'input' : 'output';
  return { name: hook, hook, comment: null, rules };
}
