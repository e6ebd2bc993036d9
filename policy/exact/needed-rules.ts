import type { View } from '@bulkhead/model/decision.ts';
import type { RuleId } from '@bulkhead/model/words.ts';
import { intersectIntervals } from '@bulkhead/net/intervals.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import { exampleService } from '../language/service-sets.ts';
import type { TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';
import type { Probe } from '../probe.ts';
import type { Axis } from './axis.ts';
import { probeBetween } from './examples.ts';
import { frontendsIn } from './frontends.ts';
import type { Joint } from './joint.ts';
import { Judge, type Judged, type Without } from './judge.ts';
import type { PositionSet } from './position-sets.ts';
import type { ServicePiece } from './service-cuts.ts';
import { type Progress, stride } from './steps.ts';

/** Ends that rules with one of these ids can be about, as destinations. */
export function destinationsOf({ axis, book }: Joint, ids: ReadonlySet<RuleId>): PositionSet {
  const terms = new Set<TermId>();
  for (const rule of book.rules) if (ids.has(rule.id)) for (const term of rule.to) terms.add(term);
  const sights = ['local', ...axis.viewers('after')] as const;
  const found = sights.map((sight) => axis.matching('after', sight, [...terms]));
  const own = axis.fold(found.reduce((all, set) => axis.sets.or(all, set)));
  // Members decide about what comes through frontends, too.
  return axis.sets.or(own, axis.sets.of([...frontendsIn(axis, 'after').keys()].sort((a, b) => a - b)));
}

/**
 * Of the given rules, those that no rule about processes or users meets: whoever the ends are, such rules decide as they
 * do for nobody named. `policy`: with the rules that ask, over the terms of the book.
 */
export function unasked({ axis }: Joint, policy: Policy, ids: ReadonlySet<RuleId>): Set<RuleId> {
  const asking = policy.rules.filter(asks);
  const meets = (a: PolicyRule, b: PolicyRule, end: 'from' | 'to'): boolean =>
    (['local', ...axis.viewers('after')] as const).some((sight) =>
      axis.sets.meets(axis.matching('after', sight, a[end]), axis.matching('after', sight, b[end])),
    );
  const serveAlike = (a: PolicyRule, b: PolicyRule): boolean =>
    intersectIntervals(policy.serviceSets[a.services] ?? [], policy.serviceSets[b.services] ?? []).length > 0;
  const behind = aroundFrontends(axis);
  const isMet = (rule: PolicyRule): boolean =>
    (['local', ...axis.viewers('after')] as const).some((sight) =>
      axis.sets.meets(axis.matching('after', sight, rule.to), behind),
    ) || asking.some((other) => serveAlike(rule, other) && meets(rule, other, 'from') && meets(rule, other, 'to'));
  const met = new Set<RuleId>();
  for (const rule of asking.length === 0 ? [] : policy.rules) {
    if (ids.has(rule.id) && !met.has(rule.id) && isMet(rule)) met.add(rule.id);
  }
  return new Set([...ids].filter((id) => !met.has(id)));
}

/** Frontends and members: whoever may connect to the one is asked again, on another service, at the others. */
function aroundFrontends(axis: Axis): PositionSet {
  const found = [...frontendsIn(axis, 'after')].flatMap(([position, frontends]) => [
    position,
    ...frontends.flatMap(({ members }) => members),
  ]);
  return axis.sets.of([...new Set(found)].sort((a, b) => a - b));
}

const asks = ({ asks: asked, wide, except }: PolicyRule): boolean =>
  !wide && (asked !== null || except.some((exception) => exception.asks !== null));

/**
 * Of the given rules, those without which, each alone, some connection would be judged otherwise in the view. At every
 * destination the rules not known to be needed yet are left out in turn: most are needed at the first one they match.
 */
export function* findNeeded(joint: Joint, view: View, ids: ReadonlySet<RuleId>): Generator<Progress, Set<RuleId>> {
  const { axis } = joint;
  const judge = new Judge(joint, { side: 'after', view });
  const open = new Set(ids);
  const ends = axis.sets.positions(destinationsOf(joint, ids));
  for (const [done, position] of ends.entries()) {
    if (done % stride === 0) yield { done, of: ends.length };
    const judged = judge.at(position, 'to');
    const asked = rulesAt(judged).filter((rule) => open.has(rule.id));
    if (asked.length === 0) continue;
    for (const piece of judge.pieces(judged)) {
      const here = new Set(asked.filter((rule) => speaksOf(judged, piece, rule)).map((rule) => rule.id));
      for (const id of here) {
        if (open.has(id) && casesFor(joint, id).some((one) => changesWithout(judge, { judged, piece }, one)))
          open.delete(id);
      }
    }
  }
  return new Set([...ids].filter((id) => !open.has(id)));
}

/**
 * Of the given rules, in their order, as many as can go together without a change of any verdict in either view. One is
 * kept where the ones before it, gone already, leave it alone with some connection.
 */
export function* findRemovable(joint: Joint, ids: readonly RuleId[]): Generator<Progress, Set<RuleId>> {
  const gone = new Set<RuleId>();
  const judges = (['intended', 'effective'] as const).map((view) => new Judge(joint, { side: 'after', view }));
  for (const [done, id] of ids.entries()) {
    yield { done, of: ids.length };
    const without = (rule: PolicyRule): boolean => rule.id === id || gone.has(rule.id);
    const cases = casesFor(joint, id, without);
    const ends = joint.axis.sets.positions(destinationsOf(joint, new Set([id])));
    const isNeeded = judges.some((judge) =>
      ends.some((position) => cases.some((one) => isNeededAt(judge, position, { id, ...one }))),
    );
    if (!isNeeded) gone.add(id);
  }
  return gone;
}

function isNeededAt(judge: Judge, position: number, { id, ...without }: Without & { readonly id: RuleId }): boolean {
  const judged = judge.at(position, 'to');
  const own = rulesAt(judged).filter((rule) => rule.id === id);
  if (own.length === 0) return false;
  const pieces = judge.pieces(judged);
  return pieces.some(
    (piece) => own.some((rule) => speaksOf(judged, piece, rule)) && changesWithout(judge, { judged, piece }, without),
  );
}

type Asked = { readonly judged: Judged; readonly piece: ServicePiece };

const endings = new WeakMap<readonly PolicyRule[], ReadonlySet<RuleId>>();

/** Rules that will expire. */
function expiringIn({ book }: Joint): ReadonlySet<RuleId> {
  const known = endings.get(book.rules);
  if (known !== undefined) return known;
  const found = new Set(book.rules.flatMap(({ id, expires }) => (expires === null ? [] : [id])));
  endings.set(book.rules, found);
  return found;
}

/** Whoever stands in for a rule has to last as long: what lasts is looked at without what expires, too. */
function casesFor(
  joint: Joint,
  id: RuleId,
  without: Without['without'] = (rule) => rule.id === id,
): readonly Without[] {
  const expiring = expiringIn(joint);
  if (expiring.size === 0 || expiring.has(id)) return [{ without }];
  return [{ without }, { without, kept: (rule) => expiring.has(rule.id) || (rule.id !== id && without(rule)) }];
}

/** Between some two addresses, not only between workloads as a whole (SPEC A1). */
const changesWithout = (judge: Judge, { judged, piece }: Asked, without: Without): boolean =>
  judge.firstChange(judged, piece, without) !== null;

/** A connection that is judged otherwise without all of the rules; null: there is none. */
export function* findChange(
  joint: Joint,
  view: View,
  ids: ReadonlySet<RuleId>,
): Generator<Progress, { readonly probe: Probe; readonly verdict: 'allow' | 'deny' } | null> {
  const { axis } = joint;
  const judge = new Judge(joint, { side: 'after', view });
  const without = { without: (rule: PolicyRule) => ids.has(rule.id) };
  const ends = axis.sets.positions(destinationsOf(joint, ids));
  for (const [done, position] of ends.entries()) {
    if (done % stride === 0) yield { done, of: ends.length };
    const judged = judge.at(position, 'to');
    for (const piece of judge.pieces(judged)) {
      const found = judge.firstChange(judged, piece, without);
      if (found === null) continue;
      const endpoint = axis.endpoints('after', position)[found.endpoint] ?? position;
      const from = { position: axis.headOf(found.other), endpoint: found.other };
      const probe = probeBetween(
        { axis, side: 'after' },
        [from, { position, endpoint }],
        exampleService(piece.services),
      );
      return { probe, verdict: found.verdict };
    }
  }
  return null;
}

/** Behind a frontend another service is asked about. */
const speaksOf = ({ behind }: Judged, piece: ServicePiece, { services }: PolicyRule): boolean =>
  piece.sets.has(services) || behind.length > 0;

/** Each once. */
export function rulesAt({ endpoints, behind }: Judged): PolicyRule[] {
  const members = behind.flatMap(({ deciders }) => deciders.flatMap((decider) => decider ?? []));
  const deciders = [...endpoints.flatMap((endpoint) => endpoint.deciders), ...members];
  return [...new Set(deciders.flatMap(({ rules }) => rules.entries.map(({ rule }) => rule)))];
}
