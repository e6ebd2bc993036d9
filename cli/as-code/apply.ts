import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { answer, argument, type Call, type CommandText, optionSet, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { Failure, ProblemsFailure } from '../failure.ts';
import { type Api, openApi } from '../online/api.ts';
import { askedConnections, connectionsOption } from '../online/connections-option.ts';
import { onlineOptions } from '../online/options.ts';
import { allItems } from '../online/pages.ts';
import { changeText, type Effect, effectLines } from '../online/preview-text.ts';
import { confirm } from '../online/prompt.ts';
import { followProvision, refuseBroken, requireSomebodyToAsk, timeoutOption } from '../online/provision.ts';
import { type AskedWaves, acceptShown, askedWaves, waveOptions } from '../online/wave-options.ts';
import { changesText } from './changes.ts';
import { noteIsolations } from './isolations-note.ts';
import { type Plan, readPlan } from './plan-file.ts';
import { gatesText, partLines } from './plan-text.ts';

export const applyCommand: CommandText = {
  usage: 'apply <plan>',
  about: 'provision exactly what was planned, on the version that it was planned for, and follow the hosts',
  options: [
    ...onlineOptions,
    { flags: '--yes', about: 'do not ask' },
    { flags: '--despite', about: 'also when a test of the policy fails or an invariant is refuted' },
    { flags: '--note <text>', about: 'why, for the list of versions' },
    connectionsOption,
    ...waveOptions,
    timeoutOption,
  ],
  run: applyPlan,
};

type Version = { readonly number: number; readonly hash: string };
type Listed = Version & { readonly createdBy: string; readonly note: string };

async function applyPlan(call: Call): Promise<ExitCode> {
  const plan = readPlan(argument(call, 0));
  requireSomebodyToAsk(call);
  const asked = { ...askedWaves(call), ...askedConnections(call) };
  const api = openApi(call);
  const current = await currentVersion(api);
  if (current.hash === plan.content.hash) {
    const said = { version: current.number, state: 'already-in-force' };
    return answer(call, said, () => `version ${current.number} says exactly this already: nothing to do`);
  }
  if (isMoved(plan, current)) throw await baseMoved(api, plan, current);
  const { files, labels } = plan.content;
  const effect = (await api.post('/preview', { files, labels })) as Effect;
  if (!effect.sound) throw new ProblemsFailure(effect.problems);
  if (!call.json) for (const line of applyLines(plan, effect)) call.terminal.say(line);
  await noteIsolations(call, api);
  refuseBroken(call, { what: 'this plan', exit: exitCodes.no }, effect);
  const isAsked = !optionSet(call, 'yes');
  if (isAsked && !(await confirm('apply this plan?', call.ended))) {
    call.terminal.note('nothing was changed');
    return exitCodes.no;
  }
  const waves = isAsked ? acceptShown(asked, effect) : asked;
  return followProvision(call, api, await provision(call, api, { plan, base: current.number, waves }));
}

type Provisioned = { readonly plan: Plan; readonly base: number; readonly waves: AskedWaves };

/** On the version that was looked at: the controller refuses when another one is in force by then. */
async function provision(call: Call, api: Api, { plan, base, waves }: Provisioned): Promise<number> {
  const { files, labels, hash } = plan.content;
  const note = optionText(call, 'note') ?? `plan ${hash.slice(0, 12)}`;
  try {
    const body = { base, files, labels, note, ...waves };
    return ((await api.post('/provisions', body)) as { readonly version: number }).version;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'base-moved') throw error;
    throw await baseMoved(api, plan, await currentVersion(api));
  }
}

const currentVersion = async (api: Api): Promise<Version> =>
  ((await api.get('/status')) as { readonly version: Version }).version;

/** A plan that was made from files knows its base by what that says alone. */
const isMoved = ({ base }: Plan, current: Version): boolean =>
  base.hash !== current.hash || (base.version !== null && base.version !== current.number);

async function baseMoved(api: Api, { base }: Plan, current: Version): Promise<Failure> {
  const hint = 'make a new plan: it says what the directory would change now';
  const moved = { code: 'base-moved', exit: exitCodes.no, hint };
  if (base.version === null || base.version >= current.number) {
    const said = base.version === null ? 'other files' : `another version ${base.version}`;
    const so = `it was made for ${said} than this controller has, version ${current.number} is in force`;
    return new Failure(`Cannot apply the plan: ${so}, a plan for that one is needed`, moved);
  }
  const since = (await allItems<Listed>(api, '/versions', 20)).filter(({ number }) => number > (base.version ?? 0));
  const listed = since.map(
    ({ number, createdBy, note }) => `\n  version ${number} by ${createdBy}${note && `: ${note}`}`,
  );
  const so = `it was made for version ${base.version} and version ${current.number} is in force`;
  return new Failure(`Cannot apply the plan: ${so}, a plan for that one is needed${listed.join('')}`, moved);
}

/** What it does now: estate and traffic may have changed since it was planned, the policy has not. */
function applyLines({ changes, parts, made, effect: planned }: Plan, effect: Effect): readonly string[] {
  const text = ({ diff }: Effect) => `opens ${changeText(diff?.opened)}, closes ${changeText(diff?.closed)}`;
  return [
    `planned ${made}: ${changesText(changes)}`,
    gatesText(effect),
    ...partLines('removed', parts.removed),
    ...partLines('changed', parts.changed),
    ...effect.problems.map(formatProblem),
    ...effectLines(effect),
    ...(text(planned) === text(effect) ? [] : [`when it was planned: ${text(planned)}; the estate is another one now`]),
  ];
}
