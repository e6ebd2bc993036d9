import { answer, argument, type Call, type CommandText, optionList, optionSet } from '../command.ts';
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
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly (string | { readonly network: string; readonly address: string })[];
};

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
    about: 'add or change an unmanaged workload',
    options: [
      ...onlineOptions,
      {
        flags: '--address <address>',
        about: 'an address, IPv4 or IPv6; may be repeated',
        repeat: true,
        required: true,
      },
      { flags: '--label <label>', about: 'its labels, such as role=printer', repeat: true },
    ],
    run: addWorkload,
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
  return [
    workload.name,
    workload.kind ?? (workload.managed ? 'managed' : 'unmanaged'),
    labelsText(workload.labels) || '-',
    addresses || '-',
  ];
}

const addressText = (address: Workload['addresses'][number]): string => {
  if (typeof address === 'string') return address;
  return address.network === 'main' ? address.address : `${address.network}/${address.address}`;
};

async function showWorkload(call: Call): Promise<ExitCode> {
  const workload = (await openApi(call).get(`/workloads/${segment(argument(call, 0))}`)) as Workload;
  return answer(call, workload, () => table(['NAME', 'KIND', 'LABELS', 'ADDRESSES'], [workloadRow(workload)]));
}

async function addWorkload(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  const body = { labels: parseLabels(optionList(call, 'label')), addresses: optionList(call, 'address') };
  const stored = await openApi(call).put(`/workloads/${segment(name)}`, body);
  return answer(
    call,
    stored,
    () => `workload ${name}: ${labelsText(body.labels) || 'no labels'}, ${body.addresses.join(' ')}`,
  );
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
