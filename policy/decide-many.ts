import type { View } from '@bulkhead/model/decision.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import { type Answer, decide, type ViewAnswer } from './decide.ts';
import { type AnswerKey, AnswerTable } from './deciding/answer-table.ts';
import { numberServices } from './deciding/service-numbers.ts';
import { longestText, Stands } from './deciding/stands.ts';
import { isConditional } from './identity.ts';
import { type Probe, parseServicePoint } from './probe.ts';
import { isProblem } from './problems.ts';
import type { World } from './world.ts';

export type Verdicts = Readonly<Record<View, ViewAnswer['verdict']>>;

/** What is remembered. */
export type ManyLimits = {
  /** Texts of ends, services and people, and different answers: some hundred bytes each. Beyond it all are forgotten. */
  readonly texts: number;
  /** Questions, a power of two: 24 bytes each from the beginning. A new one takes the place of an old one. */
  readonly questions: number;
};
const manyLimits: ManyLimits = { texts: 2 ** 18, questions: 2 ** 19 };

/** What all questions of one key are answered. `answer` is null where it lists pairs: each question names its own. */
type Said = { readonly verdicts: Verdicts; readonly answer: Answer | null };

/** Its numbers mean nothing in another one. */
type Memory = {
  readonly stands: Stands;
  readonly services: Map<string, number>;
  readonly people: Map<string, number>;
  readonly said: Map<string, Said>;
  readonly answered: AnswerTable<Said>;
};

/**
 * Many probes of one policy and estate. The answers are those of `decide`, each worked out once for all probes that no
 * rule tells apart: of recorded traffic a million in a second.
 */
export class ManyProbes {
  readonly #world: World;
  readonly #limits: ManyLimits;
  readonly #numberService: (service: ServicePoint) => number;
  readonly #conditional: boolean;
  #memory: Memory;

  constructor(world: World, limits: ManyLimits = manyLimits) {
    this.#world = world;
    this.#limits = limits;
    this.#numberService = numberServices(world.policy);
    this.#conditional = isConditional(world.policy);
    this.#memory = this.#newMemory();
  }

  /** What `decide` answers. Equal answers may be the same object. */
  answer(probe: Probe): Answer | Problem {
    const key = this.#keyOf(probe);
    const known = key === null ? undefined : this.#memory.answered.find(key);
    if (known !== undefined && known.answer !== null) return known.answer;
    const answer = decide(this.#world.policy, this.#world.estate, probe);
    if (key === null || known !== undefined || isProblem(answer)) return answer;
    return this.#keep(key, answer).answer ?? answer;
  }

  /** What `decide` answers, without who decided and the pairs. */
  verdicts(probe: Probe): Verdicts | Problem {
    const key = this.#keyOf(probe);
    const known = key === null ? undefined : this.#memory.answered.find(key);
    if (known !== undefined) return known.verdicts;
    const answer = decide(this.#world.policy, this.#world.estate, probe);
    if (isProblem(answer)) return answer;
    return key === null ? verdictsOf(answer) : this.#keep(key, answer).verdicts;
  }

  #newMemory(): Memory {
    return {
      stands: new Stands(this.#world),
      services: new Map(),
      people: new Map(),
      said: new Map(),
      answered: new AnswerTable(this.#limits.questions),
    };
  }

  /** Null: it has none, and is decided by itself. */
  #keyOf(probe: Probe): AnswerKey | null {
    const { stands, services, people, said } = this.#memory;
    if (stands.size + services.size + people.size + said.size >= this.#limits.texts) this.#memory = this.#newMemory();
    const ends = this.#memory.stands.of(probe);
    const service = this.#serviceOf(probe.service);
    const who = this.#conditional ? this.#whoOf(probe) : 0;
    return ends === null || service === null || who === null ? null : [ends[0], ends[1], service, who];
  }

  #serviceOf(text: string): number | null {
    const { services } = this.#memory;
    const known = services.get(text);
    if (known !== undefined) return known;
    const service = parseServicePoint(text);
    if (typeof service !== 'number') return null;
    const number = this.#numberService(service);
    services.set(text, number);
    return number;
  }

  /** 0: nobody is named. */
  #whoOf({ fromProcess, toProcess, user }: Probe): number | null {
    if (fromProcess === undefined && toProcess === undefined && user === undefined) return 0;
    const { people } = this.#memory;
    const text = JSON.stringify([fromProcess ?? null, toProcess ?? null, user ?? null]);
    if (text.length > longestText) return null;
    const number = people.get(text) ?? people.size + 1;
    people.set(text, number);
    return number;
  }

  #keep(key: AnswerKey, answer: Answer): Said {
    const { said, answered } = this.#memory;
    const listsPairs = answer.effective.pairs.length > 0 || answer.intended.pairs.length > 0;
    const kept: Said = { verdicts: verdictsOf(answer), answer: listsPairs ? null : answer };
    const text = JSON.stringify(kept);
    const known = said.get(text) ?? kept;
    said.set(text, known);
    answered.keep(key, known);
    return known;
  }
}

const verdictsOf = ({ effective, intended }: Answer): Verdicts => {
  return { effective: effective.verdict, intended: intended.verdict };
};
