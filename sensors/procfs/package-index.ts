import type { FileTree } from './file-tree.ts';

const info = '/var/lib/dpkg/info';
/** Executables that listen on one host; beyond it something is wrong and the rest stays unknown. */
const cacheLimit = 1024;

/** Which Debian package installed a file; null where no package did or the host has no dpkg. Reads each list once per new path. */
export class PackageIndex {
  readonly #files: FileTree;
  readonly #known = new Map<string, string | null>();

  constructor(files: FileTree) {
    this.#files = files;
  }

  packageOf(path: string): string | null {
    return this.#known.get(path) ?? null;
  }

  /** Looks up all paths not seen before in one pass over the lists. */
  learn(paths: Iterable<string>): void {
    const wanted = new Set([...paths].filter((path) => !this.#known.has(path)));
    if (wanted.size === 0 || this.#known.size + wanted.size > cacheLimit) return;
    for (const path of wanted) this.#known.set(path, null);
    for (const name of this.#files.list(info)) {
      if (!name.endsWith('.list')) continue;
      const lines = `\n${this.#files.readText(`${info}/${name}`) ?? ''}\n`;
      for (const path of wanted) {
        if (!spellings(path).some((spelling) => lines.includes(`\n${spelling}\n`))) continue;
        this.#known.set(path, name.slice(0, -'.list'.length).replace(/:[a-z0-9]+$/, ''));
        wanted.delete(path);
      }
      if (wanted.size === 0) return;
    }
  }
}

/** Packages from before the merge of /usr list `/sbin/x` for what is found as `/usr/sbin/x`. */
const spellings = (path: string): readonly string[] =>
  /^\/usr\/(bin|sbin|lib)/.test(path) ? [path, path.slice('/usr'.length)] : [path];
