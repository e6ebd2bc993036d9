import { problemOf } from '@bulkhead/model/finding.ts';
import { listed, suggest } from '@bulkhead/model/nearest.ts';
import { fillTemplate, type Template } from '@bulkhead/model/templates/template.ts';
import { templates } from '@bulkhead/model/templates/templates.ts';
import { answer, argument, type Call, type CommandText, optionList, optionSet } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput, ProblemsFailure } from '../failure.ts';
import { table } from '../table.ts';

export const policyTemplateCommand: CommandText = {
  usage: 'template [name]',
  about: 'a policy to begin with, written out with your settings',
  options: [
    { flags: '--set <key=value>', about: 'a setting of the template; may be repeated', repeat: true },
    { flags: '--list', about: 'the templates and their settings' },
  ],
  run: showTemplate,
};

async function showTemplate(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  if (name === '' || optionSet(call, 'list')) return listTemplates(call);
  const template = templates.find((one) => one.name === name);
  if (template === undefined) throw unknownTemplate(name);
  const filled = fillTemplate(template, optionList(call, 'set').map(readSetting));
  if (filled.kind === 'refused') throw new ProblemsFailure(filled.findings.map((finding) => problemOf(finding, null)));
  return answer(call, { name, text: filled.text }, () => filled.text.trimEnd());
}

function readSetting(text: string): readonly [key: string, value: string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw badInput('bad-setting', `Cannot read --set "${text}": it has no key, one such as app=shop is needed`);
}

function listTemplates(call: Call): ExitCode {
  const facts = templates.map(({ name, about, settings }) => ({ name, about, settings }));
  return answer(call, facts, () => templates.map(describe).join('\n\n'));
}

function describe({ name, about, settings }: Template): string {
  const rows = settings.map((setting) => [
    `--set ${setting.key}=`,
    setting.least > 0 ? 'needed' : (setting.fallback ?? []).map((value) => JSON.stringify(value)).join(', '),
    setting.about,
  ]);
  return `${name}: ${about}\n${table(['SETTING', 'WITHOUT ONE', 'ABOUT'], rows)}`;
}

function unknownTemplate(name: string): Error {
  const names = templates.map((template) => template.name);
  const so = 'there is no such template';
  const message = `Cannot write the template "${name}": ${so}, one of ${listed(names)} is needed`;
  return badInput('unknown-template', message, suggest(name, names) ?? null);
}
