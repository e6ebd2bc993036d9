import { answer, argument, type Call, type CommandText, type OptionText, optionText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { table } from '../table.ts';
import { type Api, openApi } from './api.ts';
import { onlineOptions } from './options.ts';
import { allItems, segment } from './pages.ts';
import type { Status } from './status.ts';

type User = {
  readonly name: string;
  readonly role: string;
  readonly state: 'active' | 'invited';
  readonly linkExpires: string | null;
};
type Link = { readonly name: string; readonly role: string; readonly linkExpires: string; readonly path: string };

/** Of people and of programs. */
export const roleOption: OptionText = {
  flags: '--role <role>',
  about: 'viewer reads, editor changes and provisions what ownership lets him, admin does everything',
  choices: ['viewer', 'editor', 'admin'],
  fallback: 'viewer',
};

export const userCommands: readonly CommandText[] = [
  {
    usage: 'invite <name>',
    about: 'a one-time link with which somebody makes an account; it is shown once and good for a day',
    options: [...onlineOptions, roleOption],
    run: inviteUser,
  },
  { usage: 'list', about: 'who may sign in, and who is invited', options: onlineOptions, run: listUsers },
  {
    usage: 'link <name>',
    about: 'a new one-time link for a lost password or a lost link',
    options: onlineOptions,
    run: newLink,
  },
  {
    usage: 'remove <name>',
    about: 'take away an account with its sessions, or an invitation',
    options: onlineOptions,
    run: removeUser,
  },
];

async function inviteUser(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  return showLink(call, api, await api.post('/users', { name: argument(call, 0), role: optionText(call, 'role') }));
}

async function newLink(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  return showLink(call, api, await api.post(`/users/${segment(argument(call, 0))}/link`));
}

/** The link alone on standard output, so that a script can take it as it is. */
async function showLink(call: Call, api: Api, made: unknown): Promise<ExitCode> {
  const { path, ...link } = made as Link;
  const { consoleAddress } = (await api.get('/status')) as Status;
  // Over HTTPS the address that reached the controller is the one that reaches it.
  const base = api.endpoint.kind === 'https' ? api.endpoint.url.origin : (consoleAddress ?? '');
  if (!call.json) call.terminal.note(`${link.name}, ${link.role}, until ${link.linkExpires}; it is shown only now`);
  return answer(call, { ...link, link: `${base}${path}` }, () => `${base}${path}`);
}

async function listUsers(call: Call): Promise<ExitCode> {
  const users = await allItems<User>(openApi(call), '/users');
  return answer(call, users, () => {
    if (users.length === 0) return 'no users yet: open the link that bulkhead up printed';
    return table(
      ['NAME', 'ROLE', 'STATE', 'LINK EXPIRES'],
      users.map(({ name, role, state, linkExpires }) => [name, role, state, linkExpires ?? '-']),
    );
  });
}

async function removeUser(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  await openApi(call).remove(`/users/${segment(name)}`);
  return answer(call, { removed: name }, () => `removed user ${name}`);
}
