import { setTimeout as wait } from 'node:timers/promises';
import {
  answer,
  argument,
  type Call,
  type CommandText,
  optionNumber,
  optionSet,
  optionText,
  wholeNumber,
} from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput, Failure, ProblemsFailure } from '../failure.ts';
import { plural } from '../print-problems.ts';
import { type Api, openApi } from './api.ts';
import { askedConnections, connectionsOption } from './connections-option.ts';
import { onlineOptions } from './options.ts';
import { segment } from './pages.ts';
import { type Effect, type Preview, previewLines } from './preview-text.ts';
import { confirm } from './prompt.ts';
import { acceptShown, askedWaves, deniedIn, waveOptions } from './wave-options.ts';
import { changedWaves, rollBackLines, type Waves } from './wave-text.ts';

export type HostProgress = {
  readonly workload: string;
  readonly phase: string;
  readonly state: string;
  readonly problem: string | null;
};
export type Provision = {
  readonly version: number;
  readonly state: string;
  readonly hosts: readonly HostProgress[];
  /** Null: from before there were waves. */
  readonly waves: Waves | null;
  /** What becomes of live connections that it denies; null: from before there was a choice. */
  readonly connections: string | null;
};

const pollMs = 100;
export const timeoutOption = { flags: '--timeout <seconds>', about: 'how long to follow the hosts', fallback: '60' };

export const provisionCommand: CommandText = {
  usage: 'provision <draft>',
  about: 'show what a draft changes, ask, make it a version and follow the hosts',
  options: [
    ...onlineOptions,
    { flags: '--yes', about: 'do not ask' },
    { flags: '--preview', about: 'only show what it would change' },
    { flags: '--despite', about: 'also when a test of the policy fails or an invariant is refuted' },
    { flags: '--note <text>', about: 'why, for the list of versions' },
    connectionsOption,
    ...waveOptions,
    timeoutOption,
  ],
  run: provisionDraft,
};

export const restoreCommand: CommandText = {
  usage: 'restore <version>',
  about: 'go back: a draft that equals an earlier version, shown, asked about and provisioned',
  options: [
    ...onlineOptions,
    { flags: '--yes', about: 'do not ask' },
    { flags: '--draft-only', about: 'make the draft and stop' },
    { flags: '--despite', about: 'also when a test of the policy fails or an invariant is refuted' },
    connectionsOption,
    ...waveOptions,
    timeoutOption,
  ],
  run: restoreVersion,
};

async function provisionDraft(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  const draft = argument(call, 0);
  if (!optionSet(call, 'preview')) return makeVersion(call, api, draft);
  const preview = (await api.post(`/drafts/${segment(draft)}/preview`)) as Preview;
  answer(call, preview, () => previewLines(preview).join('\n'));
  return preview.sound ? exitCodes.ok : exitCodes.badInput;
}

async function restoreVersion(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  const number = wholeNumber(argument(call, 0), 'the version');
  const draft = (await api.post(`/versions/${number}/restore`)) as { readonly name: string };
  if (!optionSet(call, 'draftOnly')) return makeVersion(call, api, draft.name);
  return answer(call, draft, () => `draft ${draft.name} equals version ${number}`);
}

/** Shows what the draft changes, asks, provisions it and follows the hosts. */
async function makeVersion(call: Call, api: Api, draft: string): Promise<ExitCode> {
  requireSomebodyToAsk(call);
  const asked = { ...askedWaves(call), ...askedConnections(call) };
  const path = `/drafts/${segment(draft)}`;
  const preview = (await api.post(`${path}/preview`)) as Preview;
  if (!preview.sound) throw new ProblemsFailure(preview.problems);
  if (preview.baseMoved) {
    throw badInput(
      'base-moved',
      `Cannot provision draft "${draft}": another version was provisioned since it was made, one made from that is needed`,
      `run bulkhead draft delete ${draft}, and put it again`,
    );
  }
  if (!call.json) for (const line of previewLines(preview)) call.terminal.say(line);
  refuseBroken(call, { what: `draft "${draft}"`, exit: exitCodes.badInput }, preview);
  const isAsked = !optionSet(call, 'yes');
  if (isAsked && !(await confirm(questionOf(draft, preview), call.ended))) {
    call.terminal.note(`nothing was changed; the draft ${draft} stays`);
    return exitCodes.no;
  }
  const body = { note: optionText(call, 'note') ?? '', ...(isAsked ? acceptShown(asked, preview) : asked) };
  // What was shown is what is provisioned, or nothing.
  const started = (await api.post(`${path}/provision`, body, preview.revision)) as { readonly version: number };
  return followProvision(call, api, started.version);
}

function questionOf(draft: string, preview: Preview): string {
  const denied = deniedIn(preview).length;
  return denied === 0 ? `provision ${draft}?` : `provision ${draft}, and deny ${plural(denied, 'flow')} in use?`;
}

export function requireSomebodyToAsk(call: Call): void {
  if (!call.json || optionSet(call, 'yes')) return;
  throw badInput('not-confirmed', 'Cannot provision: with --json nobody can be asked, --yes is needed');
}

/** What the policy says of itself does not hold: nobody wants that by accident. */
export function refuseBroken(call: Call, { what, exit }: Refusing, { tests = [], invariants = [] }: Effect): void {
  const failed = tests.filter(({ passed }) => !passed).length;
  const refuted = invariants.filter(({ holds }) => !holds).length;
  if (failed + refuted === 0 || optionSet(call, 'despite')) return;
  const so = [plural(failed, 'test'), plural(refuted, 'invariant')]
    .filter((text) => !text.startsWith('0 '))
    .join(' and ');
  const message = `Cannot provision ${what}: ${so} of the policy ${failed + refuted === 1 ? 'does' : 'do'} not hold, a policy that does what it says is needed`;
  const hint = 'correct the policy or what it says of itself, or say --despite';
  throw new Failure(message, { code: 'does-not-hold', exit, hint });
}

type Refusing = { readonly what: string; readonly exit: ExitCode };

/** Prints each host when its state changes, until all have answered or the time is up. */
export async function followProvision(call: Call, api: Api, version: number): Promise<ExitCode> {
  const provision = await followOne(call, api, version);
  const rolledBack = provision.waves?.rolledBack ?? null;
  if (rolledBack === null) return conclude(call, provision);
  if (!call.json) {
    for (const line of rollBackLines(version, rolledBack)) call.terminal.say(line);
    await followOne(call, api, rolledBack.version);
  }
  return conclude(call, provision);
}

/** Until it is finished or the time is up. */
async function followOne(call: Call, api: Api, version: number): Promise<Provision> {
  const began = Date.now();
  const patience = (optionNumber(call, 'timeout') ?? 60) * 1000;
  const [shown, shownWaves] = [new Map<string, string>(), new Map<number, string>()];
  if (!call.json) call.terminal.say(`version ${version}`);
  for (;;) {
    const provision = (await api.get(`/provisions/${version}`)) as Provision;
    if (!call.json) {
      for (const line of changedHosts(provision, shown)) call.terminal.say(line);
      for (const line of changedWaves(provision.waves, shownWaves)) call.terminal.say(line);
    }
    if (provision.state !== 'running' || Date.now() > began + patience + pauses(provision)) return provision;
    await wait(pollMs, undefined, { signal: call.ended });
  }
}

/** What is waited for on purpose, in milliseconds. */
const pauses = ({ waves }: Provision): number =>
  waves?.settings ? waves.settings.watch * (1 + waves.settings.rest) : 0;

/** A line per host whose state is not the one shown last; remembers what it gives. */
export function changedHosts(provision: Provision, shown: Map<string, string>): readonly string[] {
  return provision.hosts.flatMap((host) => {
    const text = `${host.phase === 'widen' ? 'widened' : 'final'} ruleset ${host.state}${host.problem === null ? '' : `: ${host.problem}`}`;
    if (shown.get(host.workload) === text) return [];
    shown.set(host.workload, text);
    return [`  ${host.workload.padEnd(16)} ${text}`];
  });
}

function conclude(call: Call, provision: Provision): ExitCode {
  const failed = provision.hosts.filter((host) => host.state !== 'applied');
  answer(call, provision, () => {
    const all = provision.hosts.length;
    if (provision.state === 'rolled-back') return `version ${provision.version} is not in force`;
    if (provision.state === 'running')
      return `version ${provision.version} is still under way: ${all - failed.length} of ${all} hosts applied`;
    const away = failed.length === 0 ? '' : `; not yet: ${failed.map((host) => host.workload).join(', ')}`;
    return `version ${provision.version}: ${all - failed.length} of ${all} hosts applied${away}`;
  });
  return provision.state === 'done' ? exitCodes.ok : exitCodes.no;
}
