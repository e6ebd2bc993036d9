import { decide } from '@bulkhead/policy/decide.ts';
import type { Probe } from '@bulkhead/policy/probe.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { figure, type Measure, timed } from './subject.ts';

/** Probes between random workloads; what the answer is does not matter, that each is worked out does. */
const patience = 2000;

export const measureDecide: Measure = ({ documents, opening, size }) => {
  const { policy, estate } = worldOf(documents);
  const random = seededRandom(size.seed + 2000);
  const services = ['tcp/8000', 'tcp/5432', 'tcp/443', 'udp/53', 'icmp/8'];
  const next = (): Probe => ({
    from: random.pick(opening.workloads).name,
    to: random.pick(opening.workloads).name,
    service: random.pick(services),
  });
  const rate = (answer: (probe: Probe) => void): number => {
    let done = 0;
    const { took } = timed(() => {
      const until = performance.now() + patience;
      for (; performance.now() < until; done++) answer(next());
    });
    return (done / took) * 1000;
  };
  const parsed = rate((probe) => void decide(policy, estate, probe));
  const lines = rate((probe) => {
    const read = JSON.parse(JSON.stringify(probe)) as Probe;
    JSON.stringify({ ...read, ...decide(policy, estate, read) });
  });
  return [figure('decide, parsed probes', 'probes/s', parsed), figure('decide, JSON lines', 'probes/s', lines)];
};
