import { megabytes } from '@bulkhead/model/host-ruleset-size.ts';
import type { LiveMode } from '@bulkhead/model/words.ts';
import { whoText } from '@bulkhead/policy/deciding/who-text.ts';
import type { Change, Difference } from '@bulkhead/policy/diff.ts';
import type { Probe } from '@bulkhead/policy/probe.ts';
import type { PreviewEffect, PreviewProgress, RulesetSize } from '../api/policy-types.ts';

const number = new Intl.NumberFormat('en');

export const countText = (count: number): string => number.format(count);

export const plural = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Rectangles of all sorts. */
export const rectanglesOf = (change: Change): number =>
  change.rectangles.length + outsideOf(change) + (change.partly?.pairs ?? 0);

/** Those with addresses that nobody owns, or domain names. */
export const outsideOf = ({ addressRectangles, nameRectangles = [] }: Change): number =>
  addressRectangles.length + nameRectangles.length;

/** For nobody, whoever they are. */
export const isNothing = ({ opened, closed, people = [], unknownPeople = 0 }: Difference): boolean =>
  rectanglesOf(opened) === 0 && rectanglesOf(closed) === 0 && people.length === 0 && unknownPeople === 0;

/** Null: rules ask for nobody, or nothing changes otherwise for those they ask for. */
export function peopleText({ people = [], unknownPeople = 0 }: Difference): string | null {
  const parts = people.map(
    ({ who, opened, closed }) => `${whoText(who)}: opens ${changeText(opened)}, closes ${changeText(closed)}.`,
  );
  if (unknownPeople > 0)
    parts.push(`${plural(unknownPeople, 'more combination')} of processes and users were not compared.`);
  return parts.length === 0 ? null : parts.join(' ');
}

/** Provisioning would make a version and change nothing else. */
export function changesNothing({ hosts, diff, effective, flows }: PreviewEffect): boolean {
  return hosts.length === 0 && isNothing(diff) && isNothing(effective) && flows.items.length === 0;
}

/** `12 cells and 3 address ranges`; what no workload owns is not counted in cells. */
export function changeText(change: Change): string {
  const outside = outsideOf(change);
  const cells = plural(change.cells, 'cell');
  const all = outside === 0 ? cells : `${cells} and ${plural(outside, 'path')} to or from outside`;
  return change.partly === undefined
    ? all
    : `${all}, and some addresses of ${plural(change.partly.pairs, 'pair')} of ends`;
}

/** What will happen, in numbers, for whoever has to answer for it. */
export function consequences({ hosts, diff, effective, flows, tests, invariants }: PreviewEffect): readonly string[] {
  const narrows = hosts.filter((host) => host.narrows).length;
  const failed = tests.filter(({ passed }) => !passed).length;
  const refuted = invariants.filter(({ holds }) => !holds).length;
  const touched = flows.items.length + flows.omitted;
  return [
    hosts.length === 0 ? 'No host gets another ruleset.' : `${hostsGet(hosts.length)} another ruleset.`,
    ...(narrows > 0 ? [`On ${plural(narrows, 'host')} live connections are judged again.`] : []),
    `Opens ${changeText(effective.opened)}, closes ${changeText(effective.closed)} at once (effective).`,
    ...(sameCounts(diff, effective)
      ? []
      : [
          `Opens ${changeText(diff.opened)}, closes ${changeText(diff.closed)} once everything is enforced (intended).`,
        ]),
    ...(touched > 0 ? [`${plural(touched, 'observed edge')} would be judged otherwise.`] : []),
    ...(failed > 0 ? [`${plural(failed, 'test')} of the policy ${failed === 1 ? 'fails' : 'fail'}.`] : []),
    ...(refuted > 0 ? [`${plural(refuted, 'invariant')} ${refuted === 1 ? 'does' : 'do'} not hold.`] : []),
  ];
}

/** `1,061 elements, 1.3 MB`. */
export const sizeText = ({ elements, bytes }: RulesetSize): string =>
  `${plural(elements, 'element')}, ${megabytes(bytes)}`;

/** Flows in use that would not pass any more; null: none that is listed. */
export function deniedText({ flows }: Pick<PreviewEffect, 'flows'>): string | null {
  const denied = flows.items.filter(({ was, becomes }) => was.effective !== 'deny' && becomes.effective === 'deny');
  if (denied.length === 0) return null;
  const more = flows.omitted > 0 ? ' or more' : '';
  return `${plural(denied.length, 'flow')}${more} in use would be denied`;
}

const progressNames: Readonly<Record<PreviewProgress['what'], string>> = {
  differences: 'Comparing what is open',
  hosts: 'Compiling hosts',
  cuts: 'Looking for live connections that end',
  flows: 'Judging observed edges',
  invariants: 'Proving invariants',
};

/** `Comparing what is open: 40 %`. */
export const progressText = ({ what, done, of }: PreviewProgress): string =>
  `${progressNames[what]}: ${of === 0 ? 100 : Math.floor((100 * done) / of)} %`;

/** `web-1 to db-1, tcp/22, /usr/bin/curl as ana`: what passes and must not. */
export function counterexampleText(probe: Probe): string {
  const who = whoText(probe);
  return [`${probe.from} to ${probe.to}`, probe.service, ...(who === '' ? [] : [who])].join(', ');
}

const hostsGet = (count: number): string => (count === 1 ? '1 host gets' : `${countText(count)} hosts get`);

const sameCounts = (a: Difference, b: Difference): boolean =>
  changeText(a.opened) === changeText(b.opened) && changeText(a.closed) === changeText(b.closed);

/** What each does to a connection that exists and is denied by the version. */
export const liveModeTexts: Readonly<Record<LiveMode, string>> = {
  drain: 'go on until they end (drain)',
  revalidate: 'stop at their next packet (revalidate)',
  reset: 'stop, and both ends are told at once (reset)',
};
