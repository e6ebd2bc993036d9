import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';
import { parsePasswd } from '@bulkhead/sensors/procfs/passwd.ts';

/** Milliseconds until a change of /etc/passwd is seen. */
const freshFor = 30_000;

/** Names of users by number; the number itself where nobody has it. */
export function userNames(files: FileTree, clock: () => number): (uid: number) => string {
  let [names, readAt]: [ReadonlyMap<number, string>, number] = [new Map(), Number.NEGATIVE_INFINITY];
  return (uid) => {
    if (clock() - readAt > freshFor) {
      names = parsePasswd(files.readText('/etc/passwd') ?? '');
      readAt = clock();
    }
    return names.get(uid) ?? String(uid);
  };
}
