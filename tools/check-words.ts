import { basename } from 'node:path';
import { readSources, report, repository, type SourceFile } from './source-tree.ts';

/** What no file may say, and why. Patterns are matched per line; this file and its test are not looked at. */
const forbidden: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\b(TODO|FIXME|XXX|HACK)\b/, why: 'unfinished work belongs in the issue tracker' },
  {
    pattern: /\b(generated|written|created) (by|with) (an? )?(AI|LLM|assistant|bot|model)\b/i,
    why: 'this repository speaks of the product',
  },
  { pattern: /co-authored-by/i, why: 'this repository speaks of the product' },
  { pattern: /\bissue #?\d+\b/i, why: 'text must stand without a tracker' },
  { pattern: /\/(home|Users|work|farm)\/[a-z]/, why: 'a path of one machine' },
  { pattern: /\/tmp\/(w|bash_jobs)\b/, why: 'a path of one machine' },
  { pattern: /\bregistry\.[a-z]+\.(org|com|dev)\b/, why: 'the registry is a setting of whoever installs' },
  {
    pattern: /\b(export )(const|function|class|type|interface) \w+(Manager|Utils?|Data|Info)\b/,
    why: 'the name says nothing',
  },
  { pattern: /^(<{7}|>{7}|={7})( |$)/, why: 'a merge was left unfinished' },
];

const exempt = new Set(['tools/check-words.ts', 'tools/check-words.test.ts']);
const emptyNames = /(^|-)(manager|utils?|misc|common)(-|\.|$)/;

export function checkWords(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => !exempt.has(file.path))
    .flatMap((file) => [...checkName(file.path), ...checkLines(file)]);
}

function checkName(path: string): readonly string[] {
  const name = basename(path);
  if (/\s/.test(path)) return [`${path}: a blank in a file name`];
  if (!/\.tsx?$/.test(name)) return [];
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config))?\.tsx?$/.test(name)) return [`${path}: file names are kebab-case`];
  return emptyNames.test(name) ? [`${path}: the name says nothing`] : [];
}

function checkLines(file: SourceFile): readonly string[] {
  return file.text.split('\n').flatMap((line, index) => {
    const broken = forbidden.find((rule) => rule.pattern.test(line));
    return broken === undefined
      ? []
      : [`${file.path}:${index + 1}: "${broken.pattern.exec(line)?.[0]}": ${broken.why}`];
  });
}

if (import.meta.main) {
  const endings = [
    '.ts',
    '.tsx',
    '.css',
    '.html',
    '.sh',
    '.md',
    '.c',
    '.h',
    '.json',
    '.yaml',
    '.yml',
    '.txt',
    'Makefile',
    'bulkhead',
    'run',
  ];
  const files = readSources(repository, endings).filter((file) => file.path !== 'package-lock.json');
  report('words', files.length, checkWords(files));
}
