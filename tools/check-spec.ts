import { codeEndings, readSources, report, repository, type SourceFile } from './source-tree.ts';

/**
 * Every sentence of a SPEC.md is cited by a test, and whatever cites one cites one that is there. Numbers are the same
 * for all of them: no two say the same one. A test cites at the beginning of its title or of a row of its table
 * (`'E3 E4 ...'`), and any code in a comment (`SPEC E3, T1-T4`).
 */
const specifications = [
  'policy/SPEC.md',
  'importers/kubernetes/SPEC.md',
  'exporters/kubernetes/SPEC.md',
  'docs/proof.md',
  'controller/provision/SPEC.md',
];

const id = String.raw`[A-Z]{1,2}\d{1,3}`;
const range = `${id}(?:-${id})?`;
const sentence = new RegExp(String.raw`^- \*\*(${id})\*\* \S`);
const title = new RegExp(String.raw`(?:\btest\(|\[)\s*['"\x60]((?:${range}[:,]? )+)`, 'g');
const comment = new RegExp(String.raw`\bSPEC (${range}(?:, ${range})*)`, 'g');

type Citation = { readonly id: string; readonly path: string; readonly line: number };

export function checkSpec(texts: readonly SourceFile[], files: readonly SourceFile[]): readonly string[] {
  const { known, complaints } = readSentences(texts);
  const inTests = files
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap((file) => citationsIn(file, [title, comment]));
  const inCode = files.filter(({ path }) => !path.endsWith('.test.ts')).flatMap((file) => citationsIn(file, [comment]));
  const cited = new Set(inTests.map((citation) => citation.id));
  const unknown = [...inTests, ...inCode].filter((citation) => !known.has(citation.id));
  return [
    ...complaints,
    ...[...known].filter(([one]) => !cited.has(one)).map(([one, where]) => `${where}: no test cites ${one}`),
    ...unknown.map((citation) => `${citation.path}:${citation.line}: no SPEC.md has a sentence ${citation.id}`),
  ];
}

/** Where the sentences are, by number. */
function readSentences(texts: readonly SourceFile[]): {
  known: ReadonlyMap<string, string>;
  complaints: readonly string[];
} {
  const known = new Map<string, string>();
  const complaints: string[] = [];
  for (const { path, text } of texts)
    for (const [index, line] of text.split('\n').entries()) {
      if (!line.startsWith('- ')) continue;
      const number = sentence.exec(line)?.[1];
      const where = `${path}:${index + 1}`;
      const first = number === undefined ? undefined : known.get(number);
      if (number === undefined) complaints.push(`${where}: a sentence without a number`);
      else if (first !== undefined) complaints.push(`${where}: the number ${number} is taken by ${first}`);
      else known.set(number, where);
    }
  return { known, complaints };
}

function citationsIn({ path, text }: SourceFile, patterns: readonly RegExp[]): readonly Citation[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const line = text.slice(0, match.index + match[0].length).split('\n').length;
      return idsOf(match[1] ?? '').map((one) => ({ id: one, path, line }));
    }),
  );
}

/** `E3, T1-T4`: E3 and the four of T. */
function idsOf(text: string): readonly string[] {
  return [...text.matchAll(new RegExp(range, 'g'))].flatMap(([found]) => {
    const [first = '', last = first] = found.split('-');
    const [letters = '', from = ''] = /^([A-Z]+)(\d+)$/.exec(first)?.slice(1) ?? [];
    const to = Number(/\d+$/.exec(last)?.[0]);
    // Between two letters there is nothing: both are looked up.
    if (!last.startsWith(letters) || to < Number(from)) return [first, last];
    return Array.from({ length: to - Number(from) + 1 }, (_, index) => `${letters}${Number(from) + index}`);
  });
}

const exempt = new Set(['tools/check-spec.ts', 'tools/check-spec.test.ts']);

if (import.meta.main) {
  const files = readSources(repository, [...codeEndings, 'SPEC.md', 'proof.md']).filter(
    ({ path }) => !exempt.has(path),
  );
  const texts = files.filter(({ path }) => specifications.includes(path));
  const complete = texts.length === specifications.length;
  report('citations of the specifications', complete ? files.length : 0, checkSpec(texts, files));
}
