import { decide } from '@bulkhead/policy/decide.ts';
import { ManyProbes } from '@bulkhead/policy/decide-many.ts';
import type { Probe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { commandRate } from './decide-command.ts';
import { figure, type Measure, timed } from './subject.ts';

/** Milliseconds of each measure; in the time before it the code is compiled and every workload is met once. */
const patience = 2000;
/** Workloads that probes are between: as many as meet again and again in recorded traffic. */
const pool = 5000;
const different = 20 * pool;
/** The command reads the estate as YAML, which takes long for more. */
const largestForCommand = 10_000;

/**
 * An end is the name of a workload, and looking it up is part of what is measured. The first probes come again after the
 * last, as recorded traffic does; what is new is measured apart.
 */
export const measureDecide: Measure = ({ documents, opening, size }) => {
  const { policy, estate } = worldOf(documents);
  const random = seededRandom(size.seed + 2000);
  const names = Array.from({ length: pool }, () => random.pick(opening.workloads).name);
  const probes = probesBetween(names, random);
  const lines = probes.map((probe) => JSON.stringify(probe));
  const many = new ManyProbes({ policy, estate });
  const rate = <T>(name: string, questions: readonly T[], answer: (question: T) => unknown) =>
    figure(name, 'probes/s', rateOf(questions, answer));
  return [
    rate('decide, parsed probes', probes, (probe) => many.answer(probe)),
    figure('decide, parsed probes not asked before', 'probes/s', rateOfNew(many, probesBetween(names, random))),
    rate('decide, parsed probes one by one', probes, (probe) => decide(policy, estate, probe)),
    rate('decide, JSON lines', lines, (line) => answerLine(many, line)),
    ...(size.workloads > largestForCommand
      ? []
      : [figure('decide, JSON lines to the command', 'probes/s', commandRate(documents, lines))]),
  ];
};

function probesBetween(names: readonly string[], random: Random): Probe[] {
  const services = ['tcp/8000', 'tcp/5432', 'tcp/443', 'udp/53', 'icmp/8'];
  return Array.from({ length: different }, () => {
    return { from: random.pick(names), to: random.pick(names), service: random.pick(services) };
  });
}

function answerLine(many: ManyProbes, line: string): string {
  const probe = JSON.parse(line) as Probe;
  const answer = many.answer(probe);
  return JSON.stringify(isProblem(answer) ? answer : { ...probe, ...answer.intended });
}

function rateOf<T>(questions: readonly T[], answer: (question: T) => unknown): number {
  const run = (milliseconds: number): number => {
    const until = performance.now() + milliseconds;
    let done = 0;
    for (; performance.now() < until; done++) answer(questions[done % questions.length] as T);
    return done;
  };
  run(patience);
  const { took, result } = timed(() => run(patience));
  return (result / took) * 1000;
}

/** Ends and services are known, and few of the questions. */
function rateOfNew(many: ManyProbes, probes: readonly Probe[]): number {
  const { took } = timed(() => {
    for (const probe of probes) many.answer(probe);
  });
  return (probes.length / took) * 1000;
}
