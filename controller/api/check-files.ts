import { problemOf } from '@bulkhead/model/finding.ts';
import { wrongPolicyPaths } from '@bulkhead/model/policy-path.ts';
import type { PolicyFile } from '../store/policy-text.ts';
import { Refused } from './problem.ts';

/** Refuses files of a request that are no policy together. A path that the base has already is as right as it was there. */
export function checkFiles(files: readonly PolicyFile[], base: readonly PolicyFile[]): void {
  const paths = pathsOf(files);
  if (new Set(paths).size < paths.length) {
    throw new Refused('invalid-request', 'Cannot take these files: two of them have the same path, one each is needed');
  }
  const known = wrongPolicyPaths(pathsOf(base));
  const wrong = [...wrongPolicyPaths(paths)].filter(([path]) => !known.has(path));
  const problems = wrong.slice(0, toldMost).map(([path, so]) => {
    const needed = 'a path that a file below a directory can have is needed';
    const finding = { code: 'unsafe-path', cannot: 'take the policy file', value: path, so, needed };
    return problemOf(finding, { file: path, line: 1, column: 1 });
  });
  const [first] = problems;
  if (first !== undefined) throw new Refused('invalid-request', first.message, problems);
}

/** Nobody reads on after that. */
const toldMost = 1000;

const pathsOf = (files: readonly PolicyFile[]): string[] => files.map(({ path }) => path);
