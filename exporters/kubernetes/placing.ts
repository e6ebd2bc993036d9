import { adminTierStart, baselineTierStart } from '@bulkhead/model/cluster-names.ts';
import { type Cluster, namespaceLabelsIn } from './cluster.ts';
import type { Findings, Remark } from './findings.ts';
import {
  adminReason,
  anyoneReason,
  everyAddressReason,
  isBeyondAdmin,
  namespacedReason,
  type Reason,
  servicesReason,
} from './forms.ts';
import { narrowedBy } from './narrowing.ts';
import { inOrder, isEverything, reachable, skips, splitFallback, withoutIdlePasses } from './order.ts';
import { concerns, isPassedBefore, type PodAtNode } from './own-node.ts';
import { checkOwnNode, passedRemark } from './own-node-check.ts';
import { type Direction, type Row, rowsMeet } from './rows.ts';
import { isWithin, meet } from './selection.ts';

/** Which rows become which objects, in one direction. */
export type Placing = {
  readonly direction: Direction;
  /** What becomes of a connection that nothing matches. */
  readonly fallback: 'allow' | 'deny';
  /** In order. */
  readonly admin: readonly Row[];
  readonly allows: readonly Row[];
  /** Their subjects are isolated; where the fallback is deny, everybody is, and none are listed. */
  readonly isolation: readonly Row[];
  /** In order. */
  readonly baseline: readonly Row[];
};

type Desk = { readonly cluster: Cluster; readonly findings: Findings; readonly pods: readonly PodAtNode[] };

/** Rows of one direction; what cannot be placed is refused. */
export function placeRows(desk: Desk, direction: Direction, rows: readonly Row[]): Placing {
  const sayable = rows.filter(
    (row) => !isRefused(desk, row, servicesReason(row) ?? everyAddressReason(desk.cluster, row)),
  );
  const { rows: kept, behind } = reachable(inOrder(sayable));
  for (const row of behind) leaveOut(desk, row, decidedRemark);
  const { rows: decisive, fallback } = splitFallback(kept, (row) => mayIsolate(desk.pods, row));
  const { rows: ordered, idle } = withoutIdlePasses(decisive);
  for (const row of idle) leaveOut(desk, row, idleRemark);
  const placed = placeNarrowed(desk.cluster, { direction, fallback, rows: ordered, pods: desk.pods });
  for (const row of placed.implied) leaveOut(desk, row, impliedRemark);
  for (const row of placed.workedIn) leaveOut(desk, row, workedInRemark);
  for (const { row, reason } of placed.failed) isRefused(desk, row, reason);
  const failed = new Set(placed.failed.map(({ row }) => row));
  checkOwnNode(desk, desk.pods, { rows: kept.filter((row) => !failed.has(row)), placing: placed.placing });
  return placed.placing;
}

/** What no object can say in its place is worked into the rules that it stands before, where that helps (SPEC EX40). */
function placeNarrowed(cluster: Cluster, asked: Question): Placed & { readonly workedIn: readonly Row[] } {
  let [question, placed] = [asked, new Placer(asked).place()];
  const workedIn: Row[] = [];
  const tried = new Set<Row>();
  for (let next = untried(placed, tried); next !== undefined; next = untried(placed, tried)) {
    tried.add(next);
    const rows = narrowedBy(cluster, question, next);
    if (rows === null) continue;
    const narrowed = new Placer({ ...question, rows }).place();
    // A refusal that only went over to another rule would name the wrong one.
    const wentOver = narrowed.failed.some(({ row }) => row.because.includes(next?.id ?? ''));
    if (wentOver || narrowed.failed.length >= placed.failed.length) continue;
    [question, placed] = [{ ...question, rows }, narrowed];
    if (next.verdict === 'deny') workedIn.push(next);
  }
  return { ...placed, workedIn };
}

const untried = ({ failed }: Placed, tried: ReadonlySet<Row>): Row | undefined =>
  failed.find(({ row }) => !tried.has(row))?.row;

type Placed = {
  readonly placing: Placing;
  readonly failed: readonly { readonly row: Row; readonly reason: Remark }[];
  /** Denies that are not written because nothing behind them allows what they deny. */
  readonly implied: readonly Row[];
};

export type Question = {
  readonly direction: Direction;
  readonly fallback: 'allow' | 'deny';
  readonly rows: readonly Row[];
  /** Whose own node matters. */
  readonly pods: readonly PodAtNode[];
};

class Placer {
  readonly #asked: Question;
  readonly #isolation: readonly Row[];
  readonly #admin: Row[] = [];
  readonly #allows: Row[] = [];
  readonly #baseline: Row[] = [];
  readonly #failed: { readonly row: Row; readonly reason: Remark }[] = [];
  readonly #implied: Row[] = [];

  constructor(asked: Question) {
    this.#asked = asked;
    this.#isolation = asked.fallback === 'deny' ? [] : isolationIn(asked);
  }

  place(): Placed {
    const { direction, fallback, rows } = this.#asked;
    for (const [at, row] of rows.entries()) {
      if (this.#isolation.includes(row)) continue;
      const reason = this.#placeOne(row, at);
      if (reason !== null) this.#failed.push({ row, reason });
    }
    for (const pass of this.#admin) if (pass.verdict === 'pass') this.#checkPass(pass);
    const [admin, allows] = [this.#admin, this.#allows];
    const placing = { direction, fallback, admin, allows, isolation: this.#isolation, baseline: this.#baseline };
    return { placing, failed: this.#failed, implied: this.#implied };
  }

  #placeOne(row: Row, at: number): Reason {
    if (this.#isBaseline(row, at)) return this.#asBaseline(row, at);
    const isolated = this.#isolation.find(
      (one) => this.#asked.rows.indexOf(one) < at && meet(one.subject, row.subject),
    );
    if (isolated !== undefined) return orderRemark(isolated);
    if (this.#isSaid(row, at)) return null;
    if (row.verdict === 'allow') return this.#placeAllow(row, at);
    if (row.verdict === 'pass') return this.#asAdmin(row, at);
    const reason = this.#passedTo(row, at) ?? this.#asAdmin(row, at);
    if (reason === null || !this.#isImplied(row, at)) return reason;
    this.#implied.push(row);
    return null;
  }

  /** SPEC EX32. */
  #placeAllow(row: Row, at: number): Reason {
    const namespaced = this.#whyNotNamespaced(row, at);
    const prefersAdmin = isAdminTier(row) || namespaceLabelsIn(row.subject).length > 0;
    if (namespaced === null && !(prefersAdmin && this.#whyNotAdmin(row, at) === null)) {
      this.#allows.push(row);
      return null;
    }
    const admin = this.#passedTo(row, at) ?? this.#asAdmin(row, at);
    return admin === null || namespaced === null || namespaced === 'order' ? admin : namespaced;
  }

  #whyNotNamespaced(row: Row, at: number): Reason | 'order' {
    const { rows, fallback } = this.#asked;
    const denied = rows.some(
      (later, index) =>
        index > at &&
        later.verdict === 'deny' &&
        !this.#isolation.includes(later) &&
        !this.#isSaid(later, index) &&
        rowsMeet(row, later) &&
        !this.#isBaseline(later, index),
    );
    const skipped = rows.slice(0, at).some((pass) => skips(pass, row) && rowsMeet(pass, row));
    // What allows everything to its subject isolates nobody from anything.
    const isolated =
      fallback === 'deny' ||
      isEverything(row) ||
      this.#isolation.some((one) => isWithin(row.subject, one.subject) && rows.indexOf(one) > at);
    return denied || skipped || !isolated ? 'order' : namespacedReason(row);
  }

  #whyNotAdmin(row: Row, at: number): Reason {
    return this.#passedTo(row, at) ?? adminReason(row) ?? this.#whyNotAnyone(row, at);
  }

  #asAdmin(row: Row, at: number): Reason {
    const reason = adminReason(row) ?? this.#whyNotAnyone(row, at) ?? this.#whyNotOwnNode(row);
    if (reason !== null) return reason;
    this.#admin.push(row);
    if (row.verdict === 'allow' && this.#hasBeyond(row) && this.#whyNotBehind(row) === null) this.#allows.push(row);
    return null;
  }

  /** What an object of administrators denies it denies to the own node, whatever the policy lets pass before (SPEC EX39). */
  #whyNotOwnNode(row: Row): Reason {
    if (row.verdict !== 'deny' || row.direction === 'ingress') return null;
    const one = this.#asked.pods.find((pod) => concerns(row, pod) && isPassedBefore(pod, row));
    return one === undefined ? null : passedRemark(one.passing.egress?.id ?? '');
  }

  /** Rows behind isolation, and those that stand in a baseline's tier (SPEC EX34). */
  #isBaseline(row: Row, at: number): boolean {
    if (this.#asked.fallback === 'deny' || row.verdict === 'pass') return false;
    const last = this.#isolation.at(-1);
    if (last === undefined)
      return isBaselineTier(row) && !this.#asked.rows.slice(at).some((one) => !isBaselineTier(one));
    return at > this.#asked.rows.indexOf(last);
  }

  #asBaseline(row: Row, at: number): Reason {
    if (row.peers.some(({ kind }) => kind === 'domain')) return baselineRemark;
    const reason = adminReason(row);
    if (reason !== null) return reason;
    const reachesBeyond = this.#hasBeyond(row);
    if (reachesBeyond && row.verdict === 'deny') return anyoneReason;
    if (reachesBeyond && this.#behind(row, at).some(({ verdict }) => verdict === 'deny')) return anyoneReason;
    this.#baseline.push(row);
    return null;
  }

  /** Whether what a pass lets go on to the row would have to meet it, which no AdminNetworkPolicy does any more. */
  #passedTo(row: Row, at: number): Reason {
    const pass = this.#asked.rows
      .slice(0, at)
      .find((one) => one.verdict === 'pass' && one.afterGroup <= row.tier && rowsMeet(one, row));
    return pass === undefined ? null : passRemark(pass, row);
  }

  #hasBeyond = (row: Row): boolean => row.peers.some((peer) => peer.kind === 'any' && isBeyondAdmin(row, peer));

  /** Rows behind that may match whom admin kinds cannot say, beside what `row` matches of them. */
  #behind(row: Row, at: number): Row[] {
    return this.#asked.rows.slice(at + 1).flatMap((later) => {
      const peers = later.peers.filter((peer) => isBeyondAdmin(later, peer));
      const beyond = { ...later, peers };
      return peers.length > 0 && rowsMeet({ ...row, peers: [{ kind: 'any' }] }, beyond) ? [beyond] : [];
    });
  }

  /** SPEC EX37: what is said of everybody is written for all pods; for everybody else it has to come out alike. */
  #whyNotAnyone(row: Row, at: number): Reason {
    if (!this.#hasBeyond(row)) return null;
    const behind = this.#behind(row, at).filter((later) => !this.#isolation.includes(later));
    const differ = behind.filter((later) => later.verdict !== row.verdict);
    switch (row.verdict) {
      case 'deny':
        return this.#isDeniedAtEnd(row) && !behind.some(({ verdict }) => verdict === 'allow') ? null : anyoneReason;
      case 'allow':
        return differ.length === 0 && this.#isAllowedAtEnd(row) ? null : anyoneReason;
      case 'pass':
        return differ.some((later) => skips(row, later)) ? anyoneReason : null;
    }
  }

  #isDeniedAtEnd = (row: Row): boolean =>
    this.#asked.fallback === 'deny' || this.#isolation.some((one) => isWithin(row.subject, one.subject));

  #isAllowedAtEnd(row: Row): boolean {
    if (this.#isDeniedAtEnd(row)) return this.#whyNotBehind(row) === null;
    return !this.#isolation.some((one) => meet(one.subject, row.subject) !== null);
  }

  /** Beside its rule for pods, as a NetworkPolicy for everybody. */
  #whyNotBehind(row: Row): Reason {
    const isSkipped = this.#asked.rows.some((pass) => skips(pass, row) && rowsMeet(pass, row));
    return isSkipped ? anyoneReason : this.#isDeniedAtEnd(row) ? namespacedReason(row) : anyoneReason;
  }

  /** SPEC EX22: nothing behind it allows what it denies, and what nothing matches is denied. */
  #isImplied(row: Row, at: number): boolean {
    const later = this.#asked.rows.slice(at + 1);
    return this.#isDeniedAtEnd(row) && !later.some((one) => one.verdict === 'allow' && rowsMeet(one, row));
  }

  /** Whether it is what isolation says of its subject anyway, and no object has to. */
  #isSaid(row: Row, at: number): boolean {
    const isIsolation = row.verdict === 'deny' && isEverything(row) && mayIsolate(this.#asked.pods, row);
    return isIsolation && this.#isImplied(row, at);
  }

  /** SPEC EX35. */
  #checkPass(pass: Row): void {
    const wrong = [...this.#allows, ...this.#baseline, ...this.#isolation].find(
      (row) => skips(pass, row) && rowsMeet(pass, row) && !this.#admin.some((one) => one === row),
    );
    if (wrong !== undefined) this.#failed.push({ row: pass, reason: passRemark(pass, wrong) });
  }
}

/** Denies of everything in front of what is allowed at the end, up to the last of them (SPEC EX33). */
function isolationIn({ rows, pods }: Question): readonly Row[] {
  const denies = rows.filter((row) => row.verdict === 'deny' && isEverything(row) && mayIsolate(pods, row));
  const [first] = denies;
  const start = first === undefined ? rows.length : rows.indexOf(first);
  // What stands between two of them must not say anything to pods that are isolated already.
  return denies.filter((row) =>
    rows
      .slice(start, rows.indexOf(row))
      .every((between) => denies.includes(between) || meet(between.subject, row.subject) === null),
  );
}

/**
 * Isolation lets the own node pass: a deny that holds for it is said by another object, where one can (SPEC EX39), and what
 * came from another object goes back there.
 */
const mayIsolate = (pods: readonly PodAtNode[], row: Row): boolean =>
  row.direction === 'ingress' ||
  !(isAdminTier(row) || isBaselineTier(row) || pods.some((pod) => concerns(row, pod) && !isPassedBefore(pod, row)));

const isBaselineTier = ({ tierName }: Row): boolean => tierName.startsWith(baselineTierStart);
const isAdminTier = ({ tierName }: Row): boolean => tierName.startsWith(adminTierStart);

function isRefused({ findings }: Desk, { id, place }: Row, reason: Reason): boolean {
  if (reason !== null) findings.refuse({ name: id, place }, reason);
  return reason !== null;
}

const leaveOut = ({ findings }: Desk, { id, place }: Row, remark: Remark): void =>
  findings.leaveOut({ name: id, place }, remark);

const decidedRemark: Remark = {
  code: 'decided-before',
  so: 'a rule before it decides all that it says to pods of the cluster',
  needed: 'nothing has to be done',
};

const idleRemark: Remark = {
  code: 'idle-pass',
  so: 'nothing is left in its group that it would pass by',
  needed: 'nothing has to be done',
};

const impliedRemark: Remark = {
  code: 'implied',
  so: 'no object can say it, and nothing behind it allows what it denies',
  needed: 'export again when something does',
};

const workedInRemark: Remark = {
  code: 'worked-in',
  so: 'no object can say it where it stands, and the rules behind it allow less instead',
  needed: 'export again when one more allows',
};

const baselineRemark: Remark = {
  code: 'domain-name',
  so: 'it stands behind isolation, where no object names domains',
  needed: 'addresses are needed',
};

const orderRemark = (isolated: Row): Remark => ({
  code: 'order',
  so: `it stands behind ${isolated.id}, which isolates some of its pods, and before another that isolates`,
  needed: 'a place before all of what isolates, or behind it is needed',
});

const passRemark = (pass: Row, row: Row): Remark => ({
  code: 'pass',
  so: `what ${pass.id} passes has to ${skips(pass, row) ? 'go by' : 'meet'} ${row.id}, and Pass leads to NetworkPolicies and past every other rule before them`,
  needed: 'a pass in the last group before rules that only allow is needed',
});
