import { plural } from '../policy/preview-text.ts';
import type { Isolation, IsolationAhead, IsolationHost, IsolationSummary, Leak, Target } from './isolation-types.ts';

const namesTold = 4;

export function someOf(names: readonly string[], most = namesTold): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

export const targetText = (target: Target): string => ('selector' in target ? target.selector : target.workloads[0]);

/** Whom an isolation is about, in a few words. */
export function subjectText({ names, selector, workloads }: IsolationSummary): string {
  if (names !== null) return someOf(names);
  return `${selector === '' ? 'every workload' : selector} (${plural(workloads.length, 'workload')})`;
}

/** What isolating does, a sentence each. */
export function consequencesOf({ workloads, peers, edges }: IsolationAhead): string[] {
  const bare = workloads.filter(({ managed }) => !managed).map(({ name }) => name);
  const away = workloads.filter(({ managed, connected }) => managed && !connected).map(({ name }) => name);
  const cut = edges.items.map(({ from, to, service }) => `${from} to ${to} ${service}`);
  return [
    `${plural(workloads.length, 'workload')} closed for everything, in whatever mode: ${someOf(workloads.map(({ name }) => name))}.`,
    `${plural(peers.connected, 'other host')} of ${peers.managed} ${peers.connected === 1 ? 'closes' : 'close'} towards it, too.`,
    edges.cut === 0
      ? 'No connection that was seen in the last hour is cut.'
      : `${plural(edges.cut, 'edge')} of the last hour cut, with ${plural(edges.attempts, 'connection')}: ${someOf(cut, 3)}.`,
    ...(bare.length === 0 ? [] : [`No agent enforces on ${someOf(bare)}: only the others close.`]),
    ...(away.length === 0 ? [] : [`Not connected: ${someOf(away)}. Only the others close for now.`]),
  ];
}

/** A rule that lets something pass, and between whom. */
export function leakText({ rule, services, between, omitted }: Leak): string {
  const pairs = between.map(({ from, to }) => `${from} to ${to}`);
  const rest = omitted + Math.max(pairs.length - 2, 0);
  const more = rest === 0 ? '' : `, and ${plural(rest, 'other pair')}`;
  return `${rule ?? 'No host that answers is in between'}: ${someOf(services, 6)}, ${pairs.slice(0, 2).join('; ')}${more}`;
}

const whyNot: Readonly<Record<IsolationHost['state'], string>> = {
  sent: 'has not answered yet',
  applied: 'has applied it and not read it back',
  proven: 'is read back',
  failed: 'could not take it',
  away: 'is not connected',
  timeout: 'does not answer',
};

/** How far it came: who has closed, and who has not and why. `open` empty: everybody has. */
export function standingText({ closed, run }: Isolation): { readonly text: string; readonly open: readonly string[] } {
  if (closed === null || run === null)
    return { text: 'Nothing is known of the hosts since the controller started.', open: [] };
  const verb = run.step === 'release' ? 'opened again' : 'closed';
  const { isolated, peers } = closed;
  const stateOf = (name: string) => run.hosts.find(({ workload }) => workload === name)?.state ?? 'timeout';
  const open = [
    ...isolated.open.map((name) => `${name}: its own agent ${whyNot[stateOf(name)]}`),
    ...peers.open.map((name) => `${name} ${whyNot[stateOf(name)]}`),
  ];
  const own = isolated.all === 0 ? '' : `${isolated.proven} of ${plural(isolated.all, 'own host')} and `;
  return { text: `${own}${peers.proven} of ${plural(peers.all, 'peer')} have ${verb} and were read back.`, open };
}
