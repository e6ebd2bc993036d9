import { answer, argument, type Call, type CommandText, optionText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { table } from '../table.ts';
import { openApi } from './api.ts';
import { parseDuration } from './label-arguments.ts';
import { onlineOptions } from './options.ts';
import { allItems, segment } from './pages.ts';
import { roleOption } from './users.ts';

type Token = {
  readonly name: string;
  readonly role: string;
  readonly expires: string;
  readonly createdBy: string;
  readonly lastUsed: string | null;
};

export const tokenCommands: readonly CommandText[] = [
  {
    usage: 'create',
    about: 'a secret with which a program signs in, given in BULKHEAD_TOKEN; it is shown once',
    options: [
      ...onlineOptions,
      { flags: '--name <name>', about: 'who it is, in the audit log and as an owner', required: true },
      roleOption,
      { flags: '--expires <duration>', about: 'how long it can be used, at most a year', fallback: '90d' },
    ],
    run: createToken,
  },
  {
    usage: 'list',
    about: 'tokens without their secrets, and when they were used',
    options: onlineOptions,
    run: listTokens,
  },
  { usage: 'revoke <name>', about: 'make a token useless at once', options: onlineOptions, run: revokeToken },
];

/** The token alone on standard output, so that a script can take it as it is. */
async function createToken(call: Call): Promise<ExitCode> {
  const lifetime = parseDuration(optionText(call, 'expires') ?? '90d');
  const expires = new Date(Date.now() + lifetime).toISOString();
  const body = { name: readName(optionText(call, 'name') ?? ''), role: optionText(call, 'role'), expires };
  const made = (await openApi(call).post('/tokens', body)) as Token & { readonly token: string };
  if (!call.json) {
    call.terminal.note(`token ${made.name}, ${made.role}, until ${made.expires}; it is shown only now`);
  }
  return answer(call, made, () => made.token);
}

/** As the controller takes it, who says no more than that the text does not match. */
function readName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) return name;
  const so = name === '' ? 'it is empty' : 'it is no name of a user or a token';
  const needed = 'at most 64 letters, digits and "-", "_", ".", "@" that begin with a letter or digit are needed';
  throw badInput('bad-name', `Cannot create the token "${name}": ${so}, ${needed}`);
}

async function listTokens(call: Call): Promise<ExitCode> {
  const tokens = await allItems<Token>(openApi(call), '/tokens');
  return answer(call, tokens, () => {
    if (tokens.length === 0) return 'no tokens';
    const rows = tokens.map(({ name, role, expires, createdBy, lastUsed }) => [
      name,
      role,
      expires,
      createdBy,
      lastUsed ?? 'never',
    ]);
    return table(['NAME', 'ROLE', 'EXPIRES', 'MADE BY', 'LAST USED'], rows);
  });
}

async function revokeToken(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  await openApi(call).remove(`/tokens/${segment(name)}`);
  return answer(call, { revoked: name }, () => `revoked token ${name}`);
}
