import type { RulesetDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { Engine, type Event } from '@bulkhead/policy/incremental/engine.ts';
import { hostsOf } from '@bulkhead/policy/incremental/nodes.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { figure, type Measure, type Subject, samples } from './subject.ts';

const warmUp = 5000;
const labelChanges = 3000;
const addressChanges = 500;
const ruleChanges = 100;

/** Every host is followed. A change is timed until the text of each delta is there, made once for all hosts it serves. */
export const measureChanges: Measure = (subject) => {
  const { opening, size } = subject;
  const engine = new Engine(opening);
  for (const { name, enforced } of opening.workloads) if (enforced) engine.follow(name);
  const random = seededRandom(size.seed + 1000);
  const estate = [...opening.workloads];
  const bench = new Bench(engine);
  // A controller runs for months: changes while the code is still being compiled are not counted.
  for (let index = 0; index < warmUp; index++) bench.run(labelChange(random, estate));
  const labels = Array.from({ length: labelChanges }, () => bench.run(labelChange(random, estate)));
  const addresses = Array.from({ length: addressChanges }, () => bench.run(addressChange(random, estate)));
  const rules = Array.from({ length: ruleChanges }, () => bench.run(ruleChange(random, subject)));
  const guard = [bench.run(guardChange(subject, 'tcp/1')), bench.run(guardChange(subject, 'tcp/2'))];
  return [
    samples('label change to encoded deltas', 'us', micro(labels)),
    samples(
      'label change, groups with deltas',
      'groups',
      labels.map(({ groups }) => groups),
    ),
    samples(
      'label change, distinct deltas',
      'deltas',
      labels.map(({ deltas }) => deltas),
    ),
    samples(
      'label change, groups with another body',
      'groups',
      labels.map(({ bodies }) => bodies),
    ),
    samples(
      'label change, its own host followed again',
      'us',
      labels.map(({ again }) => again * 1000),
    ),
    samples(
      'label change, groups with another body followed again',
      'us',
      labels.map(({ renewed }) => renewed * 1000),
    ),
    samples('address change to encoded deltas', 'us', micro(addresses)),
    samples(
      'rule of one application changed',
      'ms',
      rules.map(({ took }) => took),
    ),
    samples(
      'rule of one application changed, its hosts followed again',
      'ms',
      rules.map(({ again }) => again),
    ),
    samples(
      'rule for the whole estate changed',
      'ms',
      guard.map(({ took }) => took),
    ),
    samples(
      'rule for the whole estate changed, its hosts followed again',
      'ms',
      guard.map(({ again }) => again),
    ),
    figure('bytes of deltas per label change', 'B', labels.reduce((sum, { bytes }) => sum + bytes, 0) / labels.length),
  ];
};

const micro = (changes: readonly Changed[]): number[] => changes.map(({ took }) => took * 1000);

/** Milliseconds. `took`: to the last text; `again`, `renewed`: until hosts that are to ask again, and a host of each group with another body, were answered for. */
type Changed = {
  readonly took: number;
  readonly again: number;
  readonly renewed: number;
  readonly groups: number;
  readonly deltas: number;
  readonly bodies: number;
  readonly bytes: number;
};

class Bench {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  run(events: readonly Event[]): Changed {
    const began = performance.now();
    const changes = this.#engine.apply(events);
    const texts = changes.deltas.map(({ delta }) => JSON.stringify(delta));
    const took = performance.now() - began;
    const groups = changes.deltas.reduce((sum, delta) => sum + [...delta.groups].length, 0);
    const asked = performance.now();
    for (const name of changes.hosts) this.#engine.follow(name);
    const again = performance.now() - asked;
    for (const group of changes.groups) for (const name of [...hostsOf(group)].slice(0, 1)) this.#engine.follow(name);
    const renewed = performance.now() - asked - again;
    return {
      ...{ took, again, renewed, groups, deltas: texts.length, bodies: changes.groups.length },
      bytes: texts.reduce((sum, text) => sum + text.length, 0),
    };
  }
}

/** Another value of role, app, env or location, each as likely, as some other workload has it. */
function labelChange(random: Random, estate: WorkloadDocument[]): Event[] {
  const index = random.below(estate.length);
  const workload = estate[index] as WorkloadDocument;
  const key = random.pick(['role', 'app', 'env', 'loc']);
  const value = random.pick(estate).labels[key];
  const labels = { ...workload.labels, ...(value !== undefined && { [key]: value }) };
  return [replace(estate, index, { ...workload, labels })];
}

function addressChange(random: Random, estate: WorkloadDocument[]): Event[] {
  const index = random.below(estate.length);
  const workload = estate[index] as WorkloadDocument;
  const made = `11.${random.below(250)}.${random.below(250)}.${random.below(250)}` as Address;
  const addresses = [{ network: 'main', address: made }, ...workload.addresses.slice(1)];
  return [replace(estate, index, { ...workload, addresses })];
}

function replace(estate: WorkloadDocument[], index: number, document: WorkloadDocument): Event {
  estate[index] = document;
  return { kind: 'workload', document };
}

/** One rule of a random application allows another port. */
function ruleChange(random: Random, { opening }: Subject): Event[] {
  const rulesets = [...opening.policy].filter((document) => document.kind === 'Ruleset');
  return changedRule(random.pick(rulesets.slice(0, -2)), random, `tcp/${20_000 + random.below(10_000)}`);
}

function guardChange({ opening }: Subject, services: string): Event[] {
  const guard = [...opening.policy].find((document) => document.kind === 'Ruleset' && document.name === 'guard');
  return changedRule(guard as RulesetDocument, seededRandom(1), services);
}

function changedRule(ruleset: RulesetDocument, random: Random, text: string): Event[] {
  const port = (6 << 16) + Number(text.slice(4));
  const services = [{ kind: 'range', range: { first: port, last: port }, text }] as const;
  const chosen = random.below(ruleset.rules.length);
  const rules = ruleset.rules.map((rule, index) => (index === chosen ? { ...rule, services } : rule));
  return [{ kind: 'policy', document: { ...ruleset, rules } }];
}
