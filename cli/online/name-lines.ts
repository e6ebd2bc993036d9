import { table } from '../table.ts';
import { ageText } from './edge-text.ts';

/** Addresses of domain names that a host learned, as the API says them. */
export type LearnedNames = {
  readonly learned: readonly {
    readonly name: string;
    readonly address: string;
    readonly since: string;
    readonly answered: string;
    readonly alsoNamed: readonly string[];
    readonly workload: string | null;
  }[];
  readonly more: number;
};

const header = ['DOMAIN NAME', 'ADDRESS', 'KNOWN FOR', 'ANSWERED', 'REACHES AS WELL'] as const;

/** Null: no rule of the host names a domain. */
export function nameLines(names: LearnedNames | null, now: number): readonly string[] {
  if (names === null) return [];
  const rows = names.learned.map(({ name, address, since, answered, alsoNamed, workload }) => {
    const more = [...(workload === null ? [] : [`workload ${workload}`]), ...alsoNamed];
    return [
      name,
      address,
      ageText(now - Date.parse(since)),
      `${ageText(now - Date.parse(answered))} ago`,
      more.join(', ') || '-',
    ];
  });
  return [
    '',
    rows.length === 0 ? 'no address of a domain name is known yet' : table(header, rows),
    ...(names.more === 0 ? [] : [`${names.more} more are not listed or found no room`]),
  ];
}
