import { plural } from '../print-problems.ts';

export type Wave = {
  readonly wave: number;
  readonly state: string;
  readonly hosts: number;
  readonly newlyDenied: number;
  readonly failed: number;
};
export type DeniedGroup = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly flows: number;
  readonly attempts: number;
  readonly examples: readonly DeniedExample[];
};
type DeniedExample = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly reporter: string;
  readonly rule: string | null;
  readonly foreseen: boolean;
};
export type RollBack = {
  readonly version: number;
  readonly equals: number;
  readonly reason: string;
  readonly groups: readonly DeniedGroup[];
  readonly omitted: number;
};
export type Waves = {
  readonly settings: { readonly watch: number; readonly rest: number } | null;
  readonly waves: readonly Wave[];
  readonly rolledBack: RollBack | null;
};

/** A line per wave that is not as it was shown last; remembers what it gives. */
export function changedWaves(waves: Waves | null, shown: Map<number, string>): readonly string[] {
  return (waves?.waves ?? []).flatMap((wave) => {
    const text = waveText(wave);
    if (shown.get(wave.wave) === text) return [];
    shown.set(wave.wave, text);
    return [text];
  });
}

function waveText({ wave, state, hosts, newlyDenied, failed }: Wave): string {
  const counts = `${plural(newlyDenied, 'flow')} newly denied${failed === 0 ? '' : `, ${plural(failed, 'host')} failed`}`;
  return `wave ${wave}, ${plural(hosts, 'host')}: ${stateTexts[state] ?? state}; ${counts}`;
}

const stateTexts: Readonly<Record<string, string>> = {
  running: 'narrowing',
  watching: 'watched',
  passed: 'passed',
  stopped: 'stopped',
};

export function rollBackLines(version: number, { version: by, equals, reason, groups, omitted }: RollBack): string[] {
  return [
    `version ${version} was rolled back: ${reason}`,
    ...groups.flatMap((group) => [groupText(group), ...group.examples.map(exampleText)]),
    ...(omitted === 0 ? [] : [`  and ${plural(omitted, 'group')} more`]),
    `version ${by} is in force and says what version ${equals} says; the text of version ${version} is kept in it`,
  ];
}

const groupText = ({ from, to, service, flows, attempts }: DeniedGroup): string =>
  `  ${from} -> ${to}  ${service}  ${plural(flows, 'flow')}, ${plural(attempts, 'attempt')}`;

function exampleText({ from, to, service, reporter, rule, foreseen }: DeniedExample): string {
  const by = rule === null ? 'no rule allows it' : `rule ${rule}`;
  const said = foreseen ? 'the preview said so' : 'the new version allows it';
  return `    ${from} -> ${to} ${service}  denied by ${reporter}: ${by}; ${said}`;
}
