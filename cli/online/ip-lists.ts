import { answer, argument, type Call, type CommandText, optionList, optionText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { plural } from '../print-problems.ts';
import { type Api, openApi } from './api.ts';
import { type Draft, draftOption } from './drafts.ts';
import { readInputText } from './input-text.ts';
import { onlineOptions } from './options.ts';
import { segment } from './pages.ts';

export const ipListCommands: readonly CommandText[] = [
  {
    usage: 'put <name> [file]',
    about: 'make or replace an ip list in a draft, from a CSV file (one prefix per line) or from --prefix',
    options: [
      ...onlineOptions,
      draftOption,
      { flags: '--prefix <prefix>', about: 'a prefix of the list; may be repeated', repeat: true },
      { flags: '--except <prefix>', about: 'a prefix that is not of the list; may be repeated', repeat: true },
    ],
    run: putIpList,
  },
];

async function putIpList(call: Call): Promise<ExitCode> {
  const [name, draft] = [argument(call, 0), optionText(call, 'draft') ?? 'default'];
  const stored = await send(call, openApi(call), `/drafts/${segment(draft)}/ip-lists/${segment(name)}`);
  const problems = stored?.problems ?? [];
  return answer(call, stored, () => {
    const said = problems.length === 0 ? '' : `, ${plural(problems.length, 'problem')} in the draft`;
    return `draft ${draft}: ip list ${name}${said}; it holds after bulkhead provision ${draft}`;
  });
}

function send(call: Call, api: Api, path: string): Promise<Draft | null> {
  const file = call.args[1];
  const [prefixes, except] = [optionList(call, 'prefix'), optionList(call, 'except')];
  if ((file === undefined) === (prefixes.length === 0) || (file !== undefined && except.length > 0)) {
    throw badInput(
      'file-or-prefixes',
      'Cannot tell the prefixes of the list: either a CSV file or --prefix is needed, --except goes with --prefix',
    );
  }
  if (file === undefined) return api.put(path, { prefixes, except }) as Promise<Draft | null>;
  return api.putText(path, readInputText(file), 'text/csv') as Promise<Draft | null>;
}
