import type {
  End,
  EndPlace,
  Exception,
  Identity,
  Requirement,
  Rule,
  RulesetDocument,
  ServiceRef,
} from '@bulkhead/model/documents.ts';
import { formatDuration } from '@bulkhead/model/duration-text.ts';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { describeLabels } from '@bulkhead/policy/deciding/describe.ts';
import { visibleText } from './visible-text.ts';

/** A piece of a sentence and what it speaks of, for the eye. */
export type SentencePart = { readonly kind: 'verdict' | 'end' | 'service' | 'plain'; readonly text: string };

export const sentenceText = (parts: readonly SentencePart[]): string => parts.map(({ text }) => text).join('');

/** `allow role=web of app=shop env=prod to role=db on tcp/5432`: what a rule says, as one would say it aloud. */
export function ruleSentence(rule: Rule, ruleset: Pick<RulesetDocument, 'scopes'>): readonly SentencePart[] {
  const scope = scopeText(ruleset);
  const bound = (ends: readonly End[]) => ends.some((end) => end.kind === 'selector' && end.scoped);
  const [fromBound, toBound] = [bound(rule.from), bound(rule.to)];
  return [
    { kind: 'verdict', text: rule.verdict },
    plain(' '),
    { kind: 'end', text: endsText(rule.from, scope !== null) },
    ...(scope !== null && fromBound ? [plain(` of ${scope}`)] : []),
    plain(' to '),
    { kind: 'end', text: endsText(rule.to, scope !== null) },
    ...(scope !== null && toBound ? [plain(fromBound ? ' of the same' : ` of ${scope}`)] : []),
    plain(' on '),
    { kind: 'service', text: servicesText(rule.services) },
    ...rule.except.map((exception) => plain(exceptionText(exception))),
    ...endings(rule),
  ];
}

const plain = (text: string): SentencePart => ({ kind: 'plain', text });

/** Null: the ruleset speaks of every workload. */
function scopeText({ scopes }: Pick<RulesetDocument, 'scopes'>): string | null {
  if (scopes.kind === 'each') return `each ${scopes.keys.join(', ')}`;
  const texts = scopes.selectors.map(({ requirements }) => selectorText(requirements));
  return texts.length === 0 ? null : texts.join(', or of ');
}

function selectorText(requirements: readonly Requirement[]): string {
  const text = describeLabels([{ kind: 'workloads', requirements }], ' ');
  return text === '' ? 'every workload' : visibleText(text);
}

const endsText = (ends: readonly End[], scoped: boolean): string =>
  ends.map((end) => endText(end, scoped)).join(' or ');

/** `nginx.service on role=web`, `members of dba on role=laptop`: who, then where. */
function endText(end: End, scoped: boolean): string {
  const place = placeText(end, scoped);
  if (end.identity === null) return place;
  const { process, user } = end.identity;
  const who = user === null ? null : userText(user);
  const what = process === null ? null : visibleText(process);
  if (who === null) return `${what} on ${place}`;
  return what === null ? `${who} on ${place}` : `${what} of ${who} on ${place}`;
}

const userText = (user: NonNullable<Identity['user']>): string =>
  user.kind === 'user' ? `the user ${visibleText(user.name)}` : `members of ${visibleText(user.name)}`;

function placeText(end: EndPlace, scoped: boolean): string {
  switch (end.kind) {
    case 'any':
      return 'any address';
    case 'ipList':
      return `the list ${visibleText(end.name)}`;
    case 'domain':
      return end.name.startsWith('*.') ? `names below ${visibleText(end.name.slice(2))}` : visibleText(end.name);
    case 'virtualService':
      return `the virtual service ${visibleText(end.name)}`;
    case 'prefix':
      return formatPrefix(end.prefix);
    case 'selector':
      return `${selectorText(end.selector.requirements)}${scoped && !end.scoped ? ' anywhere' : ''}`;
  }
}

function servicesText(services: readonly ServiceRef[]): string {
  return services.map((service) => visibleText(service.kind === 'service' ? service.name : service.text)).join(', ');
}

function exceptionText({ from, to, services }: Exception): string {
  const parts = [
    ...(from === null ? [] : [`from ${endsText(from, false)}`]),
    ...(to === null ? [] : [`to ${endsText(to, false)}`]),
    ...(services === null ? [] : [`on ${servicesText(services)}`]),
  ];
  return `, except ${parts.join(' ')}`;
}

function endings({ at, state, expires, reverify }: Rule): readonly SentencePart[] {
  return [
    ...(at === 'both' ? [] : [plain(`, judged at the ${at} only`)]),
    ...(expires === null ? [] : [plain(`, until ${new Date(expires).toISOString().slice(0, 10)}`)]),
    ...(reverify === null ? [] : [plain(`, judged again after ${formatDuration(reverify)}`)]),
    ...(state === 'active' ? [] : [plain(`; ${state}`)]),
  ];
}
