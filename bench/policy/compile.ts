import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { Engine } from '@bulkhead/policy/incremental/engine.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { figure, type Measure, samples, timed } from './subject.ts';

const hosts = 40;

/**
 * From documents to an engine that answers for any host, then to one that follows every host, which is what the deltas
 * of a change need. `at once` stands beside it: estate and policy built from scratch, before anything is compiled.
 */
export const measureCompile: Measure = ({ documents, opening, size }) => {
  const before = process.memoryUsage.rss();
  const compiled = timed(() => new Engine(opening));
  const opened = process.memoryUsage.rss();
  const engine = compiled.result;
  const enforced = opening.workloads.filter((workload) => workload.enforced);
  const followed = timed(() => enforced.map(({ name }) => engine.follow(name)));
  const all = process.memoryUsage.rss();
  const groups = new Set(followed.result).size;
  const random = seededRandom(size.seed);
  const some = Array.from({ length: hosts }, () => random.pick(enforced).name);
  const contents = some.map((name) => timed(() => engine.content(name)));
  const hashes = contents.map(({ result }) => timed(() => (isProblem(result) ? '' : contentHash(result))));
  const peers = contents.map(({ result }) => (isProblem(result) ? 0 : result.addresses.length));
  const estate = timed(() => buildEstate(documents).estate);
  const policy = timed(() => buildPolicy(documents, estate.result, 0));
  const megabytes = (bytes: number): number => bytes / 2 ** 20;
  return [
    figure('compile, documents to an engine for any host', 'ms', compiled.took),
    figure('memory after compile, documents included', 'MB', megabytes(opened)),
    figure('memory of the documents', 'MB', megabytes(before)),
    figure('following every host', 'ms', followed.took),
    figure('memory, every host followed', 'MB', megabytes(all)),
    figure('groups of hosts that share a body', 'groups', groups),
    samples(
      'ruleset of one host',
      'ms',
      contents.map(({ took }) => took),
    ),
    samples('peer addresses of one host', 'addresses', peers),
    samples(
      'hash of one ruleset',
      'ms',
      hashes.map(({ took }) => took),
    ),
    figure('estate and policy built at once', 'ms', estate.took + policy.took),
  ];
};
