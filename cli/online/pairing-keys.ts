import {
  answer,
  argument,
  type Call,
  type CommandText,
  optionList,
  optionNumber,
  optionSet,
  optionText,
} from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { table } from '../table.ts';
import { openApi } from './api.ts';
import { labelsText, parseDuration, parseLabels } from './label-arguments.ts';
import { onlineOptions } from './options.ts';
import { allItems, segment } from './pages.ts';

type PairingKey = {
  readonly id: string;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly mode: string;
  readonly usesLeft: number;
  readonly expires: string;
};

export const pairingKeyCommands: readonly CommandText[] = [
  {
    usage: 'create',
    about: 'a secret with which a host enrols; it is shown once',
    options: [
      ...onlineOptions,
      { flags: '--name <workload>', about: "fixes the workload's name (default: the host's own name)" },
      { flags: '--label <label>', about: 'labels it gets, such as role=web,app=shop; may be repeated', repeat: true },
      {
        flags: '--mode <mode>',
        about: 'its mode until a policy says more',
        choices: ['observe', 'test', 'selective', 'enforce'],
        fallback: 'observe',
      },
      { flags: '--uses <number>', about: 'how many hosts may use it', fallback: '1' },
      { flags: '--expires <duration>', about: 'how long it can be used', fallback: '24h' },
      { flags: '--replace', about: 'a host may take over a name that is already enrolled' },
    ],
    run: createKey,
  },
  {
    usage: 'list',
    about: 'the keys that hosts can still use, without their secrets',
    options: onlineOptions,
    run: listKeys,
  },
  {
    usage: 'revoke <id>',
    about: 'make a key useless; hosts that enrolled with it stay',
    options: onlineOptions,
    run: revokeKey,
  },
];

async function createKey(call: Call): Promise<ExitCode> {
  const name = optionText(call, 'name');
  const lifetime = parseDuration(optionText(call, 'expires') ?? '24h');
  const body = {
    ...(name !== null && { name }),
    labels: parseLabels(optionList(call, 'label')),
    mode: optionText(call, 'mode'),
    uses: optionNumber(call, 'uses') ?? 1,
    expires: new Date(Date.now() + lifetime).toISOString(),
    ...(optionSet(call, 'replace') && { replace: true }),
  };
  const created = (await openApi(call).post('/pairing-keys', body)) as PairingKey & { readonly key: string };
  // The key alone on standard output, so that a script can take it as it is.
  if (!call.json)
    call.terminal.note(
      `pairing key ${created.id}, ${created.usesLeft} use(s), until ${created.expires}; it is shown only now`,
    );
  return answer(call, created, () => created.key);
}

async function listKeys(call: Call): Promise<ExitCode> {
  const keys = await allItems<PairingKey>(openApi(call), '/pairing-keys');
  return answer(call, keys, () => {
    if (keys.length === 0) return 'no pairing keys';
    const rows = keys.map((key) => [
      key.id,
      key.name ?? '-',
      labelsText(key.labels) || '-',
      key.mode,
      String(key.usesLeft),
      key.expires,
    ]);
    return table(['ID', 'NAME', 'LABELS', 'MODE', 'USES LEFT', 'EXPIRES'], rows);
  });
}

async function revokeKey(call: Call): Promise<ExitCode> {
  const id = argument(call, 0);
  await openApi(call).remove(`/pairing-keys/${segment(id)}`);
  answer(call, { revoked: id }, () => `revoked pairing key ${id}`);
  return exitCodes.ok;
}
