import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { isTestFile, readSources, report, repository } from './source-tree.ts';

/** The projects that the gate checks. */
const projects = ['tsconfig.pure.json', 'tsconfig.node.json', 'tsconfig.ui.json'];

/** Complaints about files that no project holds: nobody would check their types. */
export function checkTypes(files: readonly string[], checked: ReadonlySet<string>): readonly string[] {
  return files
    .filter((file) => !checked.has(file))
    .map((file) => {
      const kind = isTestFile(file) ? 'this test' : 'this file';
      return `${file}: ${kind} is in none of ${projects.join(', ')}, so its types are not checked`;
    });
}

/** What the compiler itself says it would read, so that nothing is guessed from patterns. */
function filesOf(project: string): readonly string[] {
  const compiler = 'node_modules/typescript/bin/tsc';
  const ran = spawnSync(process.execPath, [compiler, '-p', project, '--listFilesOnly'], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (ran.status !== 0) throw new Error(`Cannot list the files of ${project}: ${ran.stdout}${ran.stderr}`);
  return ran.stdout
    .split('\n')
    .map((line) => relative(repository, line.trim()))
    .filter((path) => path !== '' && !path.includes('node_modules/'));
}

if (import.meta.main) {
  const files = readSources(repository, ['.ts', '.tsx']).map(({ path }) => path);
  report('types', files.length, checkTypes(files, new Set(projects.flatMap(filesOf))));
}
