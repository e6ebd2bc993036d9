import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { buildEdge, type Judgement } from './count-edge.ts';
import type { Edge, EdgeEnd, LabelledReport, Server } from './edge.ts';
import { type EdgeFilter, keyMatches } from './edge-filter.ts';
import { endText } from './edge-text.ts';
import { addToCells, ageCells, type Cell, coarseBefore, fineBucket, liveSpan, sumCells } from './time-cells.ts';

/** Bounds of memory: about 200 MB when every one of them is reached. What exceeds them is counted, never kept. */
export type LiveLimits = {
  readonly edges: number;
  /** Buckets of all judgements together. */
  readonly cells: number;
  /** Different judgements of one edge; beyond it rule ids are left out and the attempts still counted. */
  readonly judgements: number;
  /** Removed edges remembered for the change feed. */
  readonly removals: number;
};
export const liveLimits: LiveLimits = { edges: 100_000, cells: 1_000_000, judgements: 32, removals: 10_000 };

export type LiveCounts = {
  readonly edges: number;
  readonly ends: number;
  readonly cells: number;
  /** Attempts that were not kept: older than the ring's span, or beyond its limits. */
  readonly lateAttempts: number;
  readonly overflowAttempts: number;
  /** Attempts kept without their rule ids. */
  readonly foldedAttempts: number;
};

/** `reset`: that sequence is not remembered (another run, or too long ago); take a snapshot and go on from there. */
export type EdgeChanges =
  | {
      readonly kind: 'changes';
      readonly sequence: number;
      readonly edges: readonly Edge[];
      readonly removed: readonly string[];
    }
  | { readonly kind: 'reset'; readonly sequence: number };

export type AddOutcome = 'added' | 'late' | 'overflow';

type EndNode = {
  readonly text: string;
  readonly id: number;
  end: EdgeEnd;
  edges: number;
  /** No edge uses it any more: objects that still lead here must look it up by text again. */
  gone: boolean;
  readonly to: Map<number, Map<number, EdgeNode>>;
};
type JudgementNode = Omit<Judgement, 'attempts' | 'records' | 'first' | 'last'> & { readonly cells: Cell[] };
type EdgeNode = {
  readonly from: EndNode;
  readonly to: EndNode;
  readonly service: number;
  readonly judgements: JudgementNode[];
  server: Server | null;
  serverSeen: number;
  sequence: number;
};

/**
 * The last hour's labelled edges. An edge is one pair of ends as they were labelled then, and one service: a workload
 * that is relabelled starts new edges and its old ones age out.
 *
 * INVARIANT: every attempt that was added and not counted as late or overflow is in exactly one cell.
 */
export class LiveEdges {
  readonly #limits: LiveLimits;
  readonly #edges = new Set<EdgeNode>();
  readonly #ends = new Map<string, EndNode>();
  /** Ends by object, because one address book hands out the same object again and again. */
  readonly #known = new WeakMap<EdgeEnd, EndNode>();
  #removals: { readonly sequence: number; readonly key: string }[] = [];
  #floor: number;
  #sequence: number;
  #nextEnd = 0;
  #now = 0;
  #cells = 0;
  #late = 0;
  #overflow = 0;
  #folded = 0;

  /** `firstSequence` above any of an earlier run (say, milliseconds since the epoch times 1000) lets feeds notice a restart. */
  constructor({
    limits = liveLimits,
    firstSequence = 0,
  }: { readonly limits?: LiveLimits; readonly firstSequence?: number } = {}) {
    this.#limits = limits;
    this.#floor = firstSequence;
    this.#sequence = firstSequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  counts(): LiveCounts {
    return {
      edges: this.#edges.size,
      ends: this.#ends.size,
      cells: this.#cells,
      lateAttempts: this.#late,
      overflowAttempts: this.#overflow,
      foldedAttempts: this.#folded,
    };
  }

  /** `now` in milliseconds; times ahead of it (a host's clock runs fast) count as now. */
  add(labelled: LabelledReport, now: number): AddOutcome {
    this.#advance(now);
    const { report } = labelled;
    if (report.last <= this.#now - liveSpan) {
      this.#late += report.count;
      return 'late';
    }
    const edge = this.#cells < this.#limits.cells ? this.#edge(labelled) : null;
    if (edge === null) {
      this.#overflow += report.count;
      return 'overflow';
    }
    const last = Math.min(report.last, this.#now);
    const amount = { attempts: report.count, records: report.records, first: Math.min(report.first, last), last };
    this.#cells += addToCells(this.#judgement(edge, labelled).cells, amount, coarseBefore(this.#now));
    if (report.direction === 'inbound') noteServer(edge, report);
    edge.sequence = ++this.#sequence;
    return 'added';
  }

  /** Newest first. */
  snapshot(filter: EdgeFilter, now: number): Edge[] {
    const [all = []] = this.slices(filter, now, Infinity);
    return newestFirst(all);
  }

  /**
   * A snapshot in pieces of at most `size` edges looked at, for whoever has other work in between. What changes
   * meanwhile may be in it as it was or as it is; the change feed from the sequence before the first piece tells it again.
   */
  *slices(filter: EdgeFilter, now: number, size: number): Generator<Edge[]> {
    this.#advance(now);
    let [slice, looked]: [Edge[], number] = [[], 0];
    for (const node of this.#edges) {
      if (looked++ === size) {
        yield slice;
        [slice, looked] = [[], 1];
      }
      if (!keyMatches(filter, { from: node.from.end, to: node.to.end, service: node.service })) continue;
      const edge = edgeOf(node, filter.since ?? 0);
      if (edge !== null && (filter.verdict === undefined || filter.verdict === edge.latest)) slice.push(edge);
    }
    yield slice;
  }

  /**
   * What changed above `after`, oldest change first, at most `limit` edges; go on from the answer's `sequence`. Apply
   * `removed` before `edges`: a key may have gone and come back. Counts that only age are no change.
   */
  changesSince(after: number, now: number, limit = 1000): EdgeChanges {
    this.#advance(now);
    if (after < this.#floor || after > this.#sequence) return { kind: 'reset', sequence: this.#sequence };
    const changed = [...this.#edges].filter((node) => node.sequence > after).sort((a, b) => a.sequence - b.sequence);
    const page = changed.slice(0, limit);
    const sequence = changed.length > limit ? (page.at(-1)?.sequence ?? after) : this.#sequence;
    const removed = this.#removals.filter((gone) => gone.sequence > after && gone.sequence <= sequence);
    const edges = page.flatMap((node) => edgeOf(node, 0) ?? []);
    return { kind: 'changes', sequence, edges, removed: removed.map((gone) => gone.key) };
  }

  /** Ages everything once per fine bucket. Time never goes back. */
  #advance(now: number): void {
    const before = Math.floor(this.#now / fineBucket);
    this.#now = Math.max(this.#now, now);
    if (Math.floor(this.#now / fineBucket) === before) return;
    const bounds = { coarse: coarseBefore(this.#now), expired: this.#now - liveSpan };
    for (const edge of this.#edges) {
      let empty = 0;
      for (const { cells } of edge.judgements) {
        this.#cells -= ageCells(cells, bounds);
        if (cells.length === 0) empty++;
      }
      if (empty === edge.judgements.length) this.#removeEdge(edge);
      else if (empty > 0)
        edge.judgements.splice(0, edge.judgements.length, ...edge.judgements.filter((j) => j.cells.length > 0));
    }
  }

  #edge({ from, to, report }: LabelledReport): EdgeNode | null {
    const [source, destination] = [this.#end(from), this.#end(to)];
    const services = source.to.get(destination.id);
    const found = services?.get(report.service);
    if (found !== undefined) return found;
    if (this.#edges.size >= this.#limits.edges) {
      this.#releaseEnd(source);
      this.#releaseEnd(destination);
      return null;
    }
    const edge: EdgeNode = {
      from: source,
      to: destination,
      service: report.service,
      judgements: [],
      server: null,
      serverSeen: 0,
      sequence: 0,
    };
    source.to.set(destination.id, (services ?? new Map<number, EdgeNode>()).set(report.service, edge));
    source.edges++;
    destination.edges++;
    this.#edges.add(edge);
    return edge;
  }

  #end(end: EdgeEnd): EndNode {
    const known = this.#known.get(end);
    if (known !== undefined && !known.gone) return known;
    const text = endText(end);
    const node = this.#ends.get(text) ?? { text, id: this.#nextEnd++, end, edges: 0, gone: false, to: new Map() };
    node.end = end;
    this.#ends.set(text, node);
    this.#known.set(end, node);
    return node;
  }

  #releaseEnd(node: EndNode): void {
    if (node.edges > 0) return;
    node.gone = true;
    this.#ends.delete(node.text);
  }

  #removeEdge(edge: EdgeNode): void {
    this.#edges.delete(edge);
    const services = edge.from.to.get(edge.to.id);
    services?.delete(edge.service);
    if (services?.size === 0) edge.from.to.delete(edge.to.id);
    edge.from.edges--;
    edge.to.edges--;
    this.#removals.push({ sequence: ++this.#sequence, key: keyOf(edge) });
    if (this.#removals.length > this.#limits.removals) this.#floor = this.#removals.shift()?.sequence ?? this.#floor;
    this.#releaseEnd(edge.from);
    this.#releaseEnd(edge.to);
  }

  #judgement(edge: EdgeNode, labelled: LabelledReport): JudgementNode {
    const found = edge.judgements.find((node) => isSameJudgement(node, labelled));
    if (found !== undefined) return found;
    const node = judgementOf(labelled);
    if (edge.judgements.length < this.#limits.judgements) {
      edge.judgements.push(node);
      return node;
    }
    this.#folded += labelled.report.count;
    const plain = { ...node, reporter: '', effectiveRule: null, intendedRule: null };
    const folded = edge.judgements.find(
      (other) =>
        other.reporter === '' &&
        other.end === plain.end &&
        other.effective === plain.effective &&
        other.intended === plain.intended &&
        other.judged === plain.judged,
    );
    if (folded === undefined) edge.judgements.push(plain);
    return folded ?? plain;
  }
}

function isSameJudgement(node: JudgementNode, { reporter, report }: LabelledReport): boolean {
  return (
    node.effectiveRule === report.effectiveRule &&
    node.intendedRule === report.intendedRule &&
    node.effective === report.effective &&
    node.intended === report.intended &&
    (node.end === 'source') === (report.direction === 'outbound') &&
    node.judged === report.generation > 0 &&
    node.reporter === reporter
  );
}

/** The judgement of a report, without what it counts. */
function judgementOf({ reporter, report }: LabelledReport): JudgementNode {
  const { effective, intended, effectiveRule, intendedRule, generation } = report;
  const end = report.direction === 'outbound' ? 'source' : 'destination';
  return { reporter, end, effective, intended, effectiveRule, intendedRule, judged: generation > 0, cells: [] };
}

/** The newest known server stays while later reports do not know it. */
function noteServer(edge: EdgeNode, { process, unit, user, last }: ConnectionReport): void {
  if ((process === null && unit === null) || last < edge.serverSeen) return;
  const old = edge.server;
  edge.serverSeen = last;
  if (old?.process !== process || old.unit !== unit || old.user !== user) edge.server = { process, unit, user };
}

/** Sorts in place. */
export const newestFirst = (edges: Edge[]): Edge[] => edges.sort((a, b) => b.last - a.last || (a.key < b.key ? -1 : 1));

/** `edgeKey` of it, from the texts that are at hand. */
const keyOf = ({ from, to, service }: EdgeNode): string => `${from.text} -> ${to.text} ${formatServicePoint(service)}`;

function edgeOf(node: EdgeNode, since: number): Edge | null {
  const judgements: Judgement[] = [];
  for (const { cells, reporter, end, effective, intended, effectiveRule, intendedRule, judged } of node.judgements) {
    const sum = sumCells(cells, since);
    if (sum === null) continue;
    // Written out: copying by spread takes a third of a snapshot's time.
    const { attempts, records, first, last } = sum;
    const counts = { attempts, records, first, last };
    judgements.push({ reporter, end, effective, intended, effectiveRule, intendedRule, judged, ...counts });
  }
  if (judgements.length === 0) return null;
  const { service, server, sequence } = node;
  return buildEdge({ from: node.from.end, to: node.to.end, service, judgements, server, sequence, key: keyOf(node) });
}
