import { parsePrefix } from '@bulkhead/net/prefix.ts';
import type { Finding } from '../finding.ts';
import { formatText } from '../format/format-text.ts';
import { wrongName } from '../name-text.ts';
import { listed, nearest } from '../nearest.ts';
import { readSelectorText } from '../selector.ts';
import { parseServiceText } from '../service-text.ts';

/**
 * What a value of a setting has to be: `selector`; `end`: a selector, `list:NAME`, a prefix or `any`; `service`; `word`:
 * a label value.
 */
export type SettingKind = 'selector' | 'end' | 'service' | 'word';

export type Setting = {
  readonly key: string;
  readonly kind: SettingKind;
  readonly about: string;
  /** Values that must be given at least; a setting may always be given several times, but for `most`. */
  readonly least: number;
  readonly most?: number;
  /** Where none is given. */
  readonly fallback?: readonly string[];
};

/** Values by key, one list for every setting of the template. */
export type Settings = Readonly<Record<string, readonly string[]>>;

export type Template = {
  readonly name: string;
  readonly about: string;
  readonly settings: readonly Setting[];
  /** YAML of sound documents, for values that were checked. */
  readonly write: (settings: Settings) => string;
};

export type FilledTemplate =
  | { readonly kind: 'written'; readonly text: string }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] };

/** `given`: key and value in the order of the author. Codes: `unknown-setting`, `missing-setting`, `bad-setting`. */
export function fillTemplate(template: Template, given: Given): FilledTemplate {
  const findings = [
    ...given.flatMap(([key, value]) => checkValue(template, key, value)),
    ...template.settings.flatMap((setting) => checkCount(setting, given)),
    ...given.flatMap(([key, value], index) => (isFirst(given, index) ? [] : [givenTwice(key, value)])),
  ];
  if (findings.length > 0) return { kind: 'refused', findings };
  const values = Object.fromEntries(
    template.settings.map(({ key, fallback = [] }) => {
      const chosen = given.filter(([name]) => name === key).map(([, value]) => value);
      return [key, chosen.length > 0 ? chosen : fallback];
    }),
  );
  const formatted = formatText({ file: template.name, text: template.write(values) });
  // Values were checked one by one; together they may still make a name that is too long, or one twice.
  if (formatted.kind === 'formatted') return { kind: 'written', text: formatted.text };
  return { kind: 'refused', findings: formatted.problems.map(({ message }) => notTogether(template.name, message)) };
}

function checkValue(template: Template, key: string, value: string): Finding[] {
  const setting = template.settings.find((one) => one.key === key);
  if (setting === undefined) return [unknownSetting(template, key)];
  const so = wrongValue(setting.kind, value);
  if (so === null) return [];
  const needed = `${neededOf[setting.kind]} is needed`;
  return [{ code: 'bad-setting', cannot: `set ${key} to`, value, so, needed }];
}

export type Given = readonly (readonly [key: string, value: string])[];

const isFirst = (given: Given, index: number): boolean =>
  given.findIndex(([key, value]) => key === given[index]?.[0] && value === given[index]?.[1]) === index;

function givenTwice(key: string, value: string): Finding {
  const needed = 'each value once is needed';
  return { code: 'bad-setting', cannot: `set ${key} to`, value, so: 'it is given before', needed };
}

const neededOf: Readonly<Record<SettingKind, string>> = {
  selector: 'a selector such as app=shop,env=prod',
  end: 'a selector, list:NAME, a prefix or any',
  service: 'a service such as tcp/443 or the name of one',
  word: 'a value of a label',
};

function wrongValue(kind: SettingKind, value: string): string | null {
  if (kind === 'service') return parseServiceText(value).kind === 'wrong' ? 'it is not a service' : null;
  if (kind === 'end' && (value === 'any' || parsePrefix(value) !== null)) return null;
  if (kind === 'end' && value.startsWith('list:')) return wrongName(value.slice('list:'.length));
  const read = readSelectorText(kind === 'word' ? `k=${value}` : value);
  if (read.kind === 'wrong') return read.finding.so;
  const single = read.selector.requirements.length === 1 && !/[=,()\s]/.test(value);
  return kind === 'word' && (value === '' || !single) ? 'it is not one value' : null;
}

function checkCount({ key, about, least, most = Number.POSITIVE_INFINITY }: Setting, given: Given): Finding[] {
  const count = given.filter(([name]) => name === key).length;
  if (count >= least && count <= most) return [];
  const so = count === 0 ? 'it is not given' : `it is given ${count === 1 ? 'once' : `${count} times`}`;
  const [code, cannot] = ['missing-setting', 'fill the setting'];
  const needed = count > most ? `at most ${most} is needed` : `at least ${least} is needed`;
  return [{ code, cannot, value: key, so, needed, hint: `${key}: ${about}` }];
}

function unknownSetting({ name, settings }: Template, key: string): Finding {
  const keys = settings.map((setting) => setting.key);
  const near = nearest(key, keys);
  const hint = near === null ? `settings are ${listed(keys)}` : `did you mean "${near}"?`;
  const needed = 'one that it has is needed';
  return {
    code: 'unknown-setting',
    cannot: 'find the setting',
    value: key,
    so: `${name} has none of that name`,
    needed,
    hint,
  };
}

function notTogether(name: string, said: string): Finding {
  return { code: 'bad-setting', cannot: 'fill the template', value: name, so: said, needed: 'other values are needed' };
}

/** A text in brackets of YAML. */
export const quoted = (text: string): string =>
  /^[A-Za-z][A-Za-z0-9_./=-]*$/.test(text) && !/^(true|false|null)$/i.test(text) ? text : JSON.stringify(text);

/** One end as YAML has it; several are their union. */
export function endText(values: readonly string[]): string {
  const texts = values.map((value) => {
    if (value === 'any') return '{any: true}';
    if (value.startsWith('list:')) return `{ipList: ${quoted(value.slice('list:'.length))}}`;
    return parsePrefix(value) === null ? quoted(value) : `{prefix: ${JSON.stringify(value)}}`;
  });
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

export const listText = (values: readonly string[]): string => `[${values.map(quoted).join(', ')}]`;

/** What is left out where there is nothing to leave out. */
export const exceptText = (exceptions: readonly string[]): string =>
  exceptions.length === 0 ? '' : `, except: [${exceptions.join(', ')}]`;
