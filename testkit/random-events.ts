import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Event, Opening } from '@bulkhead/policy/incremental/engine.ts';
import { address, portsOf } from './documents.ts';
import { namedRulesets } from './names.ts';
import type { Random } from './random.ts';
import { type ChangeKind, changeKinds, changeOf } from './random-change.ts';
import { randomDocuments, randomNow, randomPorts } from './random-estate.ts';
import { randomSemantics } from './random-semantics.ts';

type NamedDocument = Opening['policy'] extends Iterable<infer D> ? D : never;

/** What one step of a stream alters; a property test asserts that each occurs often enough. */
const ownKinds = [
  'workload new',
  'label key',
  'address elsewhere',
  'address handed on',
  'fallback',
  'time',
  'lifeline gone',
  'mode gone',
  'names',
] as const;
export type StreamKind = ChangeKind | (typeof ownKinds)[number];
export const streamKinds: readonly StreamKind[] = [...changeKinds, ...ownKinds];

const mostWorkloads = 12;
const mostRulesets = 8;

/** An estate with its policy, changed step by step. Names are unique, as they are wherever events come from. */
export class Stream {
  documents: readonly Document[];
  now = randomNow;
  readonly #random: Random;
  #made = 0;

  constructor(random: Random) {
    this.#random = random;
    this.documents = random.chance(0.4) ? randomSemantics(random) : randomDocuments(random);
  }

  opening(): Opening {
    return {
      workloads: this.documents.filter((document) => document.kind === 'Workload'),
      policy: this.documents.filter(isNamed),
      modes: this.documents.filter((document) => document.kind === 'Mode'),
      tiers: this.documents.filter((document) => document.kind === 'Tiers'),
      now: this.now,
    };
  }

  /** One change, as the events that tell of it. */
  step(): { readonly kind: StreamKind; readonly events: readonly Event[] } {
    const kind = this.#random.pick(streamKinds);
    if (kind === 'time') {
      this.now += this.#random.pick([0, 1, 400]);
      return { kind, events: [{ kind: 'time', now: this.now }] };
    }
    const before = this.documents;
    this.documents = this.#bounded(lastOfEachName(this.#change(kind)));
    return { kind, events: eventsBetween(before, this.documents) };
  }

  #change(kind: Exclude<StreamKind, 'time'>): readonly Document[] {
    const { documents } = this;
    switch (kind) {
      case 'workload new':
        return [...documents, this.#newWorkload()];
      case 'label key':
        return this.#changeWorkload((workload) => this.#otherKey(workload));
      case 'address elsewhere':
        return this.#changeWorkload((workload) => this.#movedAddress(workload));
      case 'address handed on':
        return this.#handedOn();
      case 'fallback':
        return this.#changeWorkload((workload) => {
          return { ...workload, fallbackMode: this.#random.pick(['observe', 'enforce'] as const) };
        });
      case 'names':
        return [...documents, ...namedRulesets(this.#random, ['emergency', 'application', 'baseline'])];
      case 'workload gone':
        return this.#without('Workload');
      case 'ruleset gone':
        return this.#without('Ruleset');
      case 'lifeline gone':
        return this.#without('Lifeline');
      case 'mode gone':
        return this.#without('Mode');
      default:
        return changeOf(kind, this.#random, documents);
    }
  }

  #newWorkload(): WorkloadDocument {
    const made = randomDocuments(this.#random).find((document) => document.kind === 'Workload');
    if (made === undefined) throw new Error('An estate has a workload');
    return { ...made, name: `n${this.#made++ % mostWorkloads}` };
  }

  #changeWorkload(change: (workload: WorkloadDocument) => WorkloadDocument): Document[] {
    const workloads = this.documents.filter((document) => document.kind === 'Workload');
    if (workloads.length === 0) return [...this.documents];
    const chosen = this.#random.pick(workloads);
    return this.documents.map((document) => (document === chosen ? change(chosen) : document));
  }

  #otherKey(workload: WorkloadDocument): WorkloadDocument {
    const key = this.#random.pick(['role', 'app', 'env', 'quarantined', 'note']);
    const { [key]: _, ...labels } = workload.labels;
    const ports = this.#random.chance(0.3) ? portsOf(randomPorts(this.#random)) : workload.ports;
    return {
      ...workload,
      ports,
      labels: this.#random.chance(0.5) ? labels : { ...labels, [key]: this.#random.pick(['web', 'shop', 'prod']) },
    };
  }

  #movedAddress(workload: WorkloadDocument): WorkloadDocument {
    const moved = {
      network: this.#random.pick(['main', 'site-b', 'site-c']),
      address: address(this.#random.pick(['10.0.0.2', '10.0.0.5', '10.0.1.9', 'fd00::2', 'fd00::3'])),
    };
    return { ...workload, addresses: this.#random.chance(0.5) ? [moved] : [...workload.addresses.slice(-1), moved] };
  }

  /** An address changes hands within one step, so that no identity comes or goes for good. */
  #handedOn(): Document[] {
    const workloads = this.documents.filter((document) => document.kind === 'Workload');
    if (workloads.length < 2) return [...this.documents];
    const [one, other] = [this.#random.pick(workloads), this.#random.pick(workloads)];
    return this.documents.map((document) => {
      if (document === one) return { ...one, addresses: other.addresses };
      return document === other ? { ...other, addresses: one.addresses } : document;
    });
  }

  #without(kind: Document['kind']): Document[] {
    const candidates = this.documents.filter((document) => document.kind === kind);
    if (candidates.length === 0) return [...this.documents];
    const chosen = this.#random.pick(candidates);
    return this.documents.filter((document) => document !== chosen);
  }

  /** The oldest go, so that a long stream stays a small estate. */
  #bounded(documents: readonly Document[]): Document[] {
    let workloads = documents.filter(({ kind }) => kind === 'Workload').length;
    let rulesets = documents.filter(({ kind }) => kind === 'Ruleset').length;
    return documents.filter(({ kind }) => {
      if (kind === 'Workload') return workloads-- <= mostWorkloads;
      return kind !== 'Ruleset' || rulesets-- <= mostRulesets;
    });
  }
}

const named: readonly string[] = [
  ...['Ruleset', 'Service', 'IpList', 'Lifeline'],
  ...['UserGroup', 'VirtualService', 'LabelGroup'],
];
const isNamed = (document: Document): document is NamedDocument => named.includes(document.kind);
const keyOf = (document: Document): string | Document =>
  'name' in document ? `${document.kind} ${document.name}` : document;

function lastOfEachName(documents: readonly Document[]): Document[] {
  return [...new Map(documents.map((document) => [keyOf(document), document])).values()];
}

function eventsBetween(before: readonly Document[], after: readonly Document[]): Event[] {
  const events: Event[] = [];
  const [was, is] = [new Set(before), new Set(after)];
  const kept = new Set(after.map(keyOf));
  for (const document of before) {
    if (is.has(document) || kept.has(keyOf(document))) continue;
    if (document.kind === 'Workload') events.push({ kind: 'workload gone', name: document.name });
    else if (isNamed(document)) events.push({ kind: 'policy gone', of: document.kind, name: document.name });
  }
  for (const document of after) {
    if (was.has(document)) continue;
    if (document.kind === 'Workload') events.push({ kind: 'workload', document });
    else if (isNamed(document)) events.push({ kind: 'policy', document });
  }
  const modes = after.filter((document) => document.kind === 'Mode');
  const sameModes =
    modes.length === before.filter(({ kind }) => kind === 'Mode').length && modes.every((mode) => was.has(mode));
  if (!sameModes) events.push({ kind: 'modes', documents: modes });
  const tiers = after.filter((document) => document.kind === 'Tiers');
  if (tiers.some((document) => !was.has(document))) events.push({ kind: 'tiers', documents: tiers });
  return events;
}
