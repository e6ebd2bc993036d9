import { Paper, SimpleGrid, Text } from '@mantine/core';
import type { PreviewEffect } from '../api/policy-types.ts';
import { countText, outsideOf, plural } from './preview-text.ts';

type Tile = { readonly title: string; readonly number: string; readonly about: string; readonly color?: string };

export function EffectTiles({ effect }: { readonly effect: PreviewEffect }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
      {tilesOf(effect).map(({ title, number, about, color }) => (
        <Paper key={title} withBorder p="md">
          <Text size="xs" c="dimmed" fw={600}>
            {title}
          </Text>
          <Text size="xl" fw={650} {...(color === undefined ? {} : { c: color })}>
            {number}
          </Text>
          <Text size="xs" c="dimmed">
            {about}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}

function tilesOf({ hosts, diff, effective, flows, tests, invariants }: PreviewEffect): readonly Tile[] {
  const narrows = hosts.filter((host) => host.narrows).length;
  const failed = tests.filter(({ passed }) => !passed).length;
  const refuted = invariants.filter(({ holds }) => !holds).length;
  const touched = flows.items.length + flows.omitted;
  return [
    {
      title: 'Hosts to change',
      number: countText(hosts.length),
      about:
        narrows === 0 ? 'on none are live connections judged again' : `live connections judged again on ${narrows}`,
    },
    openTile('Opens', effective.opened, diff.opened),
    openTile('Closes', effective.closed, diff.closed),
    {
      title: 'Observed edges',
      number: countText(touched),
      about: touched === 0 ? 'none would be judged otherwise' : 'of the last hour, judged otherwise',
      ...(touched === 0 ? {} : { color: 'orange' }),
    },
    {
      title: 'Tests of the policy',
      number: failed === 0 ? `${countText(tests.length)} passed` : `${countText(failed)} failed`,
      about: tests.length === 0 ? 'it has none' : `of ${plural(tests.length, 'line')}`,
      ...(failed === 0 ? (tests.length === 0 ? {} : { color: 'teal' }) : { color: 'red' }),
    },
    {
      title: 'Invariants',
      number: refuted === 0 ? `${countText(invariants.length)} proved` : `${countText(refuted)} refuted`,
      about: invariants.length === 0 ? 'it has none' : `of ${plural(invariants.length, 'invariant')}`,
      ...(refuted === 0 ? (invariants.length === 0 ? {} : { color: 'teal' }) : { color: 'red' }),
    },
  ];
}

type Sided = PreviewEffect['diff']['opened'];

function openTile(title: string, now: Sided, intended: Sided): Tile {
  const outside = outsideOf(now);
  const later = `${countText(intended.cells)} as intended`;
  return {
    title,
    number: plural(now.cells, 'cell'),
    about: outside === 0 ? later : `and ${plural(outside, 'path')} outside; ${later}`,
  };
}
