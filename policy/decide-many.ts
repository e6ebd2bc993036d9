import type { EndOutcome, View } from '@bulkhead/model/decision.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { type Answer, decide, type ViewAnswer } from './decide.ts';
import { AnswerTable, type Question } from './deciding/answer-table.ts';
import { decideMembers } from './deciding/members.ts';
import { numberServices, type ServiceNumbers } from './deciding/service-numbers.ts';
import { longestText, Stands } from './deciding/stands.ts';
import { isConditional } from './identity.ts';
import { type Probe, parseServicePoint } from './probe.ts';
import { isProblem } from './problems.ts';
import type { World } from './world.ts';

export type Verdicts = Readonly<Record<View, ViewAnswer['verdict']>>;

/** What is remembered. */
export type ManyLimits = {
  /** Texts that were met, and different answers: some hundred bytes each. Beyond it all are forgotten. */
  readonly texts: number;
  /** Questions, a power of two: 16 bytes each from the beginning. A new one takes the place of an old one. */
  readonly questions: number;
};
const manyLimits: ManyLimits = { texts: 2 ** 18, questions: 2 ** 19 };

/** What questions are answered. `answer` is null where it lists pairs: each question names its own. */
type Said = { readonly verdicts: Verdicts; readonly answer: Answer | null };

/** Its numbers mean nothing in another one. */
type Memory = {
  readonly stands: Stands;
  /** Services alone, and with who is named. */
  readonly services: Map<string, number>;
  readonly named: Map<string, number>;
  readonly answered: AnswerTable;
  /** By number, from 1, and the numbers by their text. */
  readonly said: Said[];
  readonly saidAs: Map<string, number>;
};

/**
 * Many probes of one policy and estate. The answers are those of `decide`, each worked out once for all probes that no
 * rule tells apart: of recorded traffic a million in a second.
 */
export class ManyProbes {
  readonly #world: World;
  readonly #limits: ManyLimits;
  readonly #services: ServiceNumbers;
  readonly #conditional: boolean;
  #memory: Memory;

  constructor(world: World, limits: ManyLimits = manyLimits) {
    this.#world = world;
    this.#limits = limits;
    this.#services = numberServices(world.policy);
    this.#conditional = isConditional(world.policy);
    this.#memory = this.#newMemory();
  }

  /** What `decide` answers. Equal answers may be the same object. */
  answer(probe: Probe): Answer | Problem {
    const question = this.#questionOf(probe);
    const said = question === null ? null : (this.#recall(question) ?? this.#workOut(question, probe));
    return said?.answer ?? decide(this.#world.policy, this.#world.estate, probe);
  }

  /** What `decide` answers, without who decided and the pairs. */
  verdicts(probe: Probe): Verdicts | Problem {
    const question = this.#questionOf(probe);
    if (question !== null) return (this.#recall(question) ?? this.#workOut(question, probe)).verdicts;
    const answer = decide(this.#world.policy, this.#world.estate, probe);
    return isProblem(answer) ? answer : verdictsOf(answer);
  }

  #newMemory(): Memory {
    return {
      stands: new Stands(this.#world),
      services: new Map(),
      named: new Map(),
      answered: new AnswerTable(this.#limits.questions),
      said: [],
      saidAs: new Map(),
    };
  }

  /** Null: it has no number, and is decided by itself. */
  #questionOf(probe: Probe): Question | null {
    const { stands, services, named, said } = this.#memory;
    if (stands.size + services.size + named.size + said.length >= this.#limits.texts) this.#memory = this.#newMemory();
    const service = this.#serviceOf(probe.service);
    if (service === null) return null;
    const what = this.#conditional ? this.#whatOf(service, probe) : service;
    return what === null ? null : this.#memory.stands.question(probe, what);
  }

  #serviceOf(text: string): number | null {
    const { services } = this.#memory;
    const known = services.get(text);
    if (known !== undefined) return known;
    const service = parseServicePoint(text);
    if (typeof service !== 'number') return null;
    const number = this.#services.of(service);
    services.set(text, number);
    return number;
  }

  #whatOf(service: number, { fromProcess, toProcess, user }: Probe): number | null {
    if (fromProcess === undefined && toProcess === undefined && user === undefined) return service;
    const { named } = this.#memory;
    const text = JSON.stringify([service, fromProcess ?? null, toProcess ?? null, user ?? null]);
    if (text.length > longestText) return null;
    const number = named.get(text) ?? this.#services.count + named.size;
    named.set(text, number);
    return number;
  }

  #recall(question: Question): Said | undefined {
    const number = this.#memory.answered.find(question);
    return number === 0 ? undefined : this.#memory.said[number - 1];
  }

  #workOut(question: Question, probe: Probe): Said {
    const { said, saidAs, answered } = this.#memory;
    const answer = this.#decideStands(question) ?? decide(this.#world.policy, this.#world.estate, probe);
    if (isProblem(answer)) throw new Error(`What has a number has an answer: ${answer.message}`);
    const listsPairs = answer.effective.pairs.length > 0 || answer.intended.pairs.length > 0;
    const kept: Said = { verdicts: verdictsOf(answer), answer: listsPairs ? null : answer };
    const text = textOf(kept);
    const number = saidAs.get(text) ?? said.push(kept);
    saidAs.set(text, number);
    answered.keep(question, number);
    return said[number - 1] ?? kept;
  }

  /** Null: `decide` has to look at more than the stands. */
  #decideStands([source, destination, what]: Question): Answer | null {
    const { stands } = this.#memory;
    const [from, to] = [stands.membersOf(source), stands.membersOf(destination)];
    if (this.#conditional || from === null || to === null) return null;
    return decideMembers(this.#world.policy, { from, to, service: this.#services.example(what) });
  }
}

const verdictsOf = ({ effective, intended }: Answer): Verdicts => {
  return { effective: effective.verdict, intended: intended.verdict };
};

/** Different for what is different: names hold no line ends, and a rule is in one tier. */
function textOf({ verdicts, answer }: Said): string {
  const end = (outcome: EndOutcome | null | undefined) => `${outcome?.verdict}\n${outcome?.rule}`;
  const inView = (view: View) => `${verdicts[view]}\n${end(answer?.[view].outbound)}\n${end(answer?.[view].inbound)}`;
  return `${inView('effective')}\n${inView('intended')}`;
}
