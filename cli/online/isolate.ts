import { setTimeout as wait } from 'node:timers/promises';
import { parseDuration } from '@bulkhead/model/duration-text.ts';
import {
  answer,
  argument,
  type Call,
  type CommandText,
  listArgument,
  optionList,
  optionNumber,
  optionSet,
  optionText,
  wholeNumber,
} from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { table } from '../table.ts';
import { type Api, openApi } from './api.ts';
import {
  type Ahead,
  aheadLines,
  closedLines,
  type IsolationAnswer,
  type Leaks,
  leakLines,
  probeLines,
  targetText,
} from './isolation-text.ts';
import { onlineOptions } from './options.ts';
import { allItems } from './pages.ts';
import { confirm } from './prompt.ts';

const pollMs = 50;
const timeout = { flags: '--timeout <seconds>', about: 'how long to follow the hosts', fallback: '30' };

export const isolateCommand: CommandText = {
  usage: 'isolate [workloads...]',
  about:
    'close workloads at once, at both ends and in every mode, but for rescue access; exit 1 where something stays open',
  options: [
    ...onlineOptions,
    { flags: '--selector <selector>', about: 'whatever it matches, also later, instead of names' },
    {
      flags: '--rescue <rule>',
      about: 'a rule or ruleset of tier rescue that goes on; none given: all do',
      repeat: true,
    },
    { flags: '--no-rescue', about: 'no rule of tier rescue goes on' },
    {
      flags: '--allow <access>',
      about: 'let in: "10.0.0.5 tcp/22", "role=admin tcp/22"; may be repeated',
      repeat: true,
    },
    { flags: '--reason <text>', about: 'why, for the audit log' },
    { flags: '--for <duration>', about: 'end it by itself, after 30m, 4h, 2d' },
    { flags: '--yes', about: 'do not ask' },
    { flags: '--preview', about: 'only show what it would do' },
    timeout,
  ],
  run: isolate,
};

/** Below `isolate`. */
export const isolationCommands: readonly CommandText[] = [
  {
    usage: 'list',
    about: 'isolations in force',
    options: [...onlineOptions, { flags: '--all', about: 'those that were released, too' }],
    run: list,
  },
  {
    usage: 'show <isolation>',
    about: 'who has closed, what was tried and what leaks now',
    options: onlineOptions,
    run: show,
  },
];

export const releaseCommand: CommandText = {
  usage: 'release <isolation>',
  about: 'end an isolation, by its number or the one workload that it names; hosts go back to their policy at once',
  options: [...onlineOptions, { flags: '--reason <text>', about: 'why, for the audit log' }, timeout],
  run: release,
};

async function isolate(call: Call): Promise<ExitCode> {
  const isPreview = optionSet(call, 'preview');
  if (call.json && !optionSet(call, 'yes') && !isPreview)
    throw badInput('not-confirmed', 'Cannot isolate: with --json nobody can be asked, --yes is needed');
  const api = openApi(call);
  const body = bodyOf(call);
  // Whoever has said yes does not wait for numbers.
  if (isPreview || !optionSet(call, 'yes')) {
    const ahead = (await api.post('/isolations/preview', body)) as Ahead;
    if (isPreview) return answer(call, ahead, () => aheadLines(ahead).join('\n'));
    for (const line of aheadLines(ahead)) call.terminal.say(line);
    if (!(await confirm('isolate?', call.ended))) {
      call.terminal.note('nothing was changed');
      return exitCodes.no;
    }
  }
  const made = (await api.post('/isolations', body)) as IsolationAnswer;
  if (!call.json) call.terminal.say(`isolation ${made.id}`);
  return conclude(call, await settled(call, api, made));
}

function bodyOf(call: Call): object {
  const workloads = listArgument(call, 0);
  const selector = optionText(call, 'selector');
  if ((workloads.length === 0) === (selector === null)) {
    const hint = 'bulkhead isolate web-1, or bulkhead isolate --selector app=shop';
    throw badInput('no-target', 'Cannot isolate: names or --selector is needed, one of the two', hint);
  }
  const [reason, expires] = [optionText(call, 'reason'), endOf(optionText(call, 'for'))];
  // Commander says false for --no-rescue.
  const rescue = call.options.rescue === false ? [] : optionList(call, 'rescue');
  const isNamed = call.options.rescue === false || rescue.length > 0;
  return {
    ...(selector === null ? { workloads } : { selector }),
    ...(isNamed && { rescue }),
    allow: optionList(call, 'allow'),
    ...(reason !== null && { reason }),
    ...(expires !== null && { expires }),
  };
}

function endOf(text: string | null): string | null {
  if (text === null) return null;
  const milliseconds = parseDuration(text);
  if (milliseconds !== null) return new Date(Date.now() + milliseconds).toISOString();
  throw badInput('bad-duration', `Cannot read --for "${text}": a duration such as 30m, 4h or 2d is needed`);
}

/** Waits until it is known what became of it, or the time is up. */
async function settled(call: Call, api: Api, made: IsolationAnswer): Promise<IsolationAnswer> {
  const end = Date.now() + (optionNumber(call, 'timeout') ?? 30) * 1000;
  for (let now = made; ; now = (await api.get(`/isolations/${made.id}`)) as IsolationAnswer) {
    if (now.run !== null && now.run.finishedAt !== null) return now;
    if (Date.now() > end) return now;
    await wait(pollMs, undefined, { signal: call.ended });
  }
}

function conclude(call: Call, isolation: IsolationAnswer): ExitCode {
  answer(call, isolation, () => settledLines(isolation).join('\n'));
  return isolation.run?.state === 'done' ? exitCodes.ok : exitCodes.no;
}

function settledLines(isolation: IsolationAnswer): string[] {
  const { id, run } = isolation;
  const lines = closedLines(isolation);
  if (run?.step === 'release') return [`isolation ${id} is released`, ...lines];
  return [
    ...lines,
    ...probeLines(run?.probes ?? null),
    ...(run?.leaks == null ? [] : leakLines('still passes', run.leaks)),
    `it ends with: bulkhead release ${id}`,
  ];
}

async function list(call: Call): Promise<ExitCode> {
  const all = optionSet(call, 'all');
  const isolations = await allItems<IsolationAnswer>(openApi(call), `/isolations${all ? '?all=true' : ''}`);
  return answer(call, isolations, () => {
    if (isolations.length === 0) return all ? 'no isolations' : 'nothing is isolated';
    const rows = isolations.map((one) => [
      String(one.id),
      targetText(one),
      one.created.slice(0, 19).replace('T', ' '),
      one.createdBy,
      one.released === null ? (one.expires?.slice(0, 19).replace('T', ' ') ?? 'until released') : 'released',
      one.reason || '-',
    ]);
    return table(['ID', 'WORKLOADS', 'SINCE', 'BY', 'ENDS', 'REASON'], rows);
  });
}

async function show(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  const id = wholeNumber(argument(call, 0), 'the isolation');
  const isolation = (await api.get(`/isolations/${id}`)) as IsolationAnswer;
  const leaks = isolation.released === null ? ((await api.get(`/isolations/${id}/leaks`)) as Leaks) : null;
  return answer(call, { ...isolation, leaks }, () =>
    [
      `isolation ${id}: ${targetText(isolation)}${isolation.released === null ? '' : ', released'}`,
      ...closedLines(isolation),
      ...(isolation.run?.step === 'isolate' ? probeLines(isolation.run.probes) : []),
      ...(leaks === null ? [] : leakLines('passes now', leaks)),
    ].join('\n'),
  );
}

async function release(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  const id = await idOf(api, argument(call, 0));
  const reason = optionText(call, 'reason');
  const released = (await api.post(`/isolations/${id}/release`, reason === null ? {} : { reason })) as IsolationAnswer;
  return conclude(call, await settled(call, api, released));
}

/** A number, or the workload that one isolation names and no other. */
async function idOf(api: Api, text: string): Promise<number> {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  const isolations = await allItems<IsolationAnswer>(api, '/isolations');
  const own = isolations.filter(({ names }) => names?.length === 1 && names[0] === text);
  const [only] = own;
  if (own.length === 1 && only !== undefined) return only.id;
  const around = isolations.filter(({ workloads }) => workloads.includes(text)).map(({ id }) => id);
  const so = around.length === 0 ? 'nothing isolates it' : `isolations ${around.join(', ')} close it, and maybe others`;
  throw badInput(
    'no-isolation',
    `Cannot release "${text}": ${so}, the number of one is needed`,
    'bulkhead isolate list',
  );
}
