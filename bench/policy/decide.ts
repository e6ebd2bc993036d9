import { decide } from '@bulkhead/policy/decide.ts';
import type { Probe } from '@bulkhead/policy/probe.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { figure, type Measure, timed } from './subject.ts';

/** Milliseconds of each measure; in the time before it the code is compiled and every workload is met once. */
const patience = 2000;
/** Workloads that probes are between: as many as meet again and again in recorded traffic. */
const pool = 5000;

/** The answers do not matter here, that each probe is answered anew does. */
export const measureDecide: Measure = ({ documents, opening, size }) => {
  const { policy, estate } = worldOf(documents);
  const random = seededRandom(size.seed + 2000);
  const services = ['tcp/8000', 'tcp/5432', 'tcp/443', 'udp/53', 'icmp/8'];
  const names = Array.from({ length: pool }, () => random.pick(opening.workloads).name);
  const probes = Array.from({ length: 20 * pool }, (): Probe => {
    return { from: random.pick(names), to: random.pick(names), service: random.pick(services) };
  });
  const lines = probes.map((probe) => JSON.stringify(probe));
  const answerLine = (line: string): string => {
    const probe = JSON.parse(line) as Probe;
    return JSON.stringify({ ...probe, ...decide(policy, estate, probe) });
  };
  return [
    figure(
      'decide, parsed probes',
      'probes/s',
      rateOf(probes, (probe) => decide(policy, estate, probe)),
    ),
    figure('decide, JSON lines', 'probes/s', rateOf(lines, answerLine)),
  ];
};

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
