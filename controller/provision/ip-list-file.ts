import { problemOf } from '@bulkhead/model/finding.ts';
import { nameNeeded, wrongName } from '@bulkhead/model/name-text.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { formatPrefix, type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import type { PolicyFile } from '../store/policy-text.ts';

export type IpListInput = {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly except: readonly string[];
};
export type IpListFile = { readonly file: PolicyFile | null; readonly problems: readonly Problem[] };

export const ipListPath = (name: string): string => `ip-lists/${encodeURIComponent(name)}.yaml`;

/** An ip list as the file of a draft that holds nothing else, so that replacing the list is replacing the file. */
export function ipListFile({ name, prefixes, except }: IpListInput): IpListFile {
  const problems: Problem[] = [];
  const wrong = wrongName(name);
  if (wrong !== null) {
    problems.push(
      problemOf({ code: 'bad-name', cannot: 'name ip list', value: name, so: wrong, needed: nameNeeded }, null),
    );
  }
  const read = (text: string, index: number): Prefix[] => {
    const prefix = parsePrefix(text.trim());
    if (prefix !== null) return [prefix];
    const finding = { code: 'bad-prefix', cannot: 'read prefix', value: text, so: 'it is no prefix, or has host bits' };
    const place = { file: ipListPath(name), line: index + 1, column: 1 };
    problems.push(problemOf({ ...finding, needed: 'one such as 192.0.2.0/24 is needed' }, place));
    return [];
  };
  const list = {
    kind: 'IpList',
    name,
    prefixes: prefixes.flatMap(read).map(formatPrefix),
    except: except.flatMap(read).map(formatPrefix),
  };
  if (problems.length > 0) return { file: null, problems };
  return { file: { path: ipListPath(name), text: yamlOf(list) }, problems };
}

/** JSON strings are YAML strings, so nothing in a name can end one. */
function yamlOf(list: {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly except: readonly string[];
}): string {
  const items = (texts: readonly string[]) =>
    texts.length === 0 ? ' []' : texts.map((text) => `\n  - ${JSON.stringify(text)}`).join('');
  const except = list.except.length === 0 ? '' : `except:${items(list.except)}\n`;
  return `kind: IpList\nname: ${JSON.stringify(list.name)}\nprefixes:${items(list.prefixes)}\n${except}`;
}

/** One prefix per line; a first line that says `prefix` is a header, what follows a comma is a note. */
export function prefixesOfCsv(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => (line.split(',')[0] ?? '').trim());
  const rows = lines[0]?.toLowerCase() === 'prefix' ? lines.slice(1) : lines;
  return rows.filter((row) => row !== '' && !row.startsWith('#'));
}
