import { answer, argument, type Call, type CommandText, optionList, optionSet, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { plural } from '../print-problems.ts';
import { table } from '../table.ts';
import { openApi } from './api.ts';
import { readInputText } from './input-text.ts';
import { labelsText, parseLabels } from './label-arguments.ts';
import { onlineOptions } from './options.ts';
import { allItems, segment, withQuery } from './pages.ts';
import { confirm } from './prompt.ts';

type Workload = {
  readonly name: string;
  readonly managed: boolean;
  /** Absent from a controller that is older than this. */
  readonly kind?: string;
  readonly host?: string | null;
  readonly notEnforced?: string | null;
  readonly fallbackMode?: string;
  readonly ownLabels?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly (string | { readonly network: string; readonly address: string })[];
};

const guestOptions: CommandText['options'] = [
  { flags: '--host <name>', about: 'the managed workload on whose kernel it runs' },
  { flags: '--mode <mode>', about: 'of a guest: observe, test, selective or enforce; else what it is, first observe' },
];

export const workloadCommands: readonly CommandText[] = [
  {
    usage: 'list',
    about: 'all workloads with labels and addresses',
    options: [...onlineOptions, { flags: '--label <label>', about: 'only those with these labels', repeat: true }],
    run: listWorkloads,
  },
  { usage: 'show <name>', about: 'one workload', options: onlineOptions, run: showWorkload },
  {
    usage: 'add <name>',
    about: 'add or change an unmanaged workload, or with --host a guest that the agent of that host enforces for',
    options: [
      ...onlineOptions,
      {
        flags: '--address <address>',
        about: 'an address, IPv4 or IPv6; may be repeated',
        repeat: true,
        required: true,
      },
      { flags: '--label <label>', about: 'its labels, such as role=printer', repeat: true },
      ...guestOptions,
    ],
    run: addWorkload,
  },
  {
    usage: 'set <name>',
    about: 'say on which host a workload runs; its labels and addresses stay',
    options: [
      ...onlineOptions,
      ...guestOptions,
      { flags: '--no-host', about: 'it runs on none: nothing enforces for it any more' },
    ],
    run: setWorkload,
  },
  {
    usage: 'remove <name>',
    about:
      'remove a workload from the estate at once; a managed one is refused from then on, until it is enrolled again',
    options: [...onlineOptions, { flags: '--yes', about: 'do not ask' }],
    run: removeWorkload,
  },
  {
    usage: 'import <file>',
    about: 'add unmanaged workloads from a CSV file (name, addresses, and one column per label key)',
    options: onlineOptions,
    run: importWorkloads,
  },
];

async function listWorkloads(call: Call): Promise<ExitCode> {
  const wanted = Object.entries(parseLabels(optionList(call, 'label')));
  const all = await allItems<Workload>(openApi(call), '/workloads');
  const shown = all.filter((workload) => wanted.every(([key, value]) => workload.labels[key] === value));
  return answer(call, shown, () => {
    if (shown.length === 0) return 'no workloads';
    return table(['NAME', 'KIND', 'LABELS', 'ADDRESSES'], shown.map(workloadRow));
  });
}

function workloadRow(workload: Workload): readonly string[] {
  const addresses = workload.addresses.map(addressText).join(' ');
  return [workload.name, kindText(workload), labelsText(workload.labels) || '-', addresses || '-'];
}

function kindText({ kind, managed, host = null, notEnforced = null }: Workload): string {
  if (host === null) return kind ?? (managed ? 'managed' : 'unmanaged');
  return notEnforced === null ? `guest of ${host}` : `guest of ${host}, not enforced`;
}

const addressText = (address: Workload['addresses'][number]): string => {
  if (typeof address === 'string') return address;
  return address.network === 'main' ? address.address : `${address.network}/${address.address}`;
};

async function showWorkload(call: Call): Promise<ExitCode> {
  const workload = (await openApi(call).get(`/workloads/${segment(argument(call, 0))}`)) as Workload;
  return answer(call, workload, () => {
    const row = table(['NAME', 'KIND', 'LABELS', 'ADDRESSES'], [workloadRow(workload)]);
    return workload.notEnforced ? `${row}\n${workload.notEnforced}` : row;
  });
}

async function addWorkload(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  const [host, mode] = [optionText(call, 'host'), optionText(call, 'mode')];
  const labels = parseLabels(optionList(call, 'label'));
  const guest = { ...(host !== null && { host }), ...(mode !== null && { mode }) };
  const body = { labels, addresses: optionList(call, 'address'), ...guest };
  const stored = await openApi(call).put(`/workloads/${segment(name)}`, body);
  return answer(
    call,
    stored,
    () =>
      `workload ${name}: ${labelsText(body.labels) || 'no labels'}, ${body.addresses.join(' ')}${host === null ? '' : `, on ${host}`}`,
  );
}

async function setWorkload(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  // With --no-host commander says false where nothing said a host.
  const given = optionText(call, 'host');
  const isFree = call.options.host === false;
  const mode = optionText(call, 'mode');
  if (given === null && !isFree && mode === null)
    throw badInput(
      'nothing-to-set',
      `Cannot set "${name}": nothing was said of it, --host, --no-host or --mode is needed`,
    );
  const api = openApi(call);
  const path = `/workloads/${segment(name)}`;
  const { addresses, ownLabels: labels = {}, fallbackMode, ...before } = (await api.get(path)) as Workload;
  const host = isFree ? null : (given ?? before.host ?? null);
  const guest = host === null ? {} : { host, mode: mode ?? fallbackMode ?? 'observe' };
  const stored = await api.put(path, { labels, addresses, ...guest });
  return answer(call, stored, () => (host === null ? `workload ${name}: on no host` : `workload ${name}: on ${host}`));
}

async function removeWorkload(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  const api = openApi(call);
  const { managed } = (await api.get(`/workloads/${segment(name)}`)) as Workload;
  if (managed && !optionSet(call, 'yes')) {
    if (call.json) throw badInput('not-confirmed', 'Cannot remove: with --json nobody can be asked, --yes is needed');
    const ends = await Promise.all(
      ['from', 'to'].map((end) => allItems<object>(api, withQuery('/edges', { [end]: name }))),
    );
    call.terminal.say(removalText(name, ends.flat().length));
    if (!(await confirm(`remove ${name}?`, call.ended))) {
      call.terminal.note(`nothing was changed; ${name} stays`);
      return exitCodes.no;
    }
  }
  await api.remove(`/workloads/${segment(name)}`);
  return answer(call, { removed: name }, () => `removed workload ${name}`);
}

/** What becomes of it and of the others, in numbers. */
const removalText = (name: string, edges: number): string =>
  `${name} is managed: every other host stops to know it at once, ${plural(edges, 'edge')} of the last hour ` +
  'with it may be denied then, and its agent is refused. It keeps the rules it has.';

async function importWorkloads(call: Call): Promise<ExitCode> {
  const text = readInputText(argument(call, 0));
  const result = await openApi(call).postText('/workloads/import', text, 'text/csv');
  return answer(call, result, () => {
    const counts = Object.entries((result ?? {}) as Record<string, unknown>).filter(
      ([, value]) => typeof value === 'number',
    );
    return counts.length === 0 ? 'imported' : counts.map(([key, value]) => `${key} ${value}`).join(', ');
  });
}
