import { type FunctionSize, findFunctions } from './functions.ts';
import { codeEndings, isTestFile, readSources, report, repository, type SourceFile } from './source-tree.ts';
import { tokenize } from './tokens.ts';

/** Lines. The 90th percentiles to aim for are 250 and 30; they are printed, these are enforced. */
export const limits = { file: 500, function: 80 } as const;

/** `path` or `path#function`, each with the reason why it reads better long. */
export const exceptions: Readonly<Record<string, string>> = {};

export type Sizes = {
  readonly files: readonly { readonly path: string; readonly lines: number }[];
  readonly functions: readonly (FunctionSize & { readonly path: string })[];
};

export function measure(files: readonly SourceFile[]): Sizes {
  return {
    files: files.map((file) => ({ path: file.path, lines: countLines(file.text) })),
    functions: files.flatMap((file) =>
      findFunctions(tokenize(file.text)).map((found) => ({ path: file.path, ...found })),
    ),
  };
}

/** Complaints about what is over a limit, and about exceptions that nothing needs any more. */
export function checkSizes(sizes: Sizes, excepted: Readonly<Record<string, string>>): readonly string[] {
  const files = sizes.files
    .filter((file) => file.lines > limits.file)
    .map((file) => ({ key: file.path, text: `${file.path}: ${file.lines} lines, at most ${limits.file}` }));
  // Test files hold their tables inside describe blocks, which are functions only by syntax.
  const functions = sizes.functions
    .filter((found) => found.lines > limits.function && !isTestFile(found.path))
    .map((found) => ({
      key: `${found.path}#${found.name}`,
      text: `${found.path}:${found.line}: ${found.name} has ${found.lines} lines, at most ${limits.function}`,
    }));
  const over = [...files, ...functions];
  const keys = new Set(over.map((item) => item.key));
  const stale = Object.keys(excepted).filter((key) => !keys.has(key));
  return [
    ...over.filter((item) => excepted[item.key] === undefined).map((item) => item.text),
    ...stale.map((key) => `tools/check-sizes.ts: the exception "${key}" is not needed any more`),
  ];
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function countLines(text: string): number {
  return text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

const isTypeScript = ({ path }: SourceFile): boolean => codeEndings.some((ending) => path.endsWith(ending));

if (import.meta.main) {
  const files = readSources(repository, [...codeEndings, '.c', '.h', '.sh']);
  const sizes = measure(files.filter(isTypeScript));
  const all = files.map((file) => countLines(file.text));
  const spans = sizes.functions.filter((found) => !isTestFile(found.path)).map((found) => found.lines);
  console.log(`files: median ${percentile(all, 0.5)}, p90 ${percentile(all, 0.9)}, largest ${Math.max(...all)} lines`);
  console.log(
    `functions: median ${percentile(spans, 0.5)}, p90 ${percentile(spans, 0.9)}, largest ${Math.max(...spans)} lines`,
  );
  const others = files.filter((file) => !isTypeScript(file));
  const measured = { ...sizes, files: [...sizes.files, ...measure(others).files] };
  report('sizes', files.length, checkSizes(measured, exceptions));
}
