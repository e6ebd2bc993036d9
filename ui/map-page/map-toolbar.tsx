import { type DecisionState, decisionStates } from '@bulkhead/flows/decision-state.ts';
import { Box, Chip, Group, SegmentedControl, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { stateWords } from '../map/map-theme.ts';
import type { Omitted } from '../scene/scene.ts';
import classes from './map-page.module.css';
import { type MapSearch, shownStates } from './map-search.ts';

/** With what floats above the page, which the first picture does not wait for. */
const DraftChoice = lazy(async () => ({ default: (await import('./draft-choice.tsx')).DraftChoice }));

type Props = {
  readonly search: MapSearch;
  readonly change: (change: { readonly [K in keyof MapSearch]?: MapSearch[K] | null }) => void;
  /** Null: nobody knows; `complete` false: there are more. */
  readonly edges: { readonly count: number; readonly complete: boolean } | null;
  /** They are under way. */
  readonly loading: boolean;
  readonly omitted: Omitted;
};

const colors: Readonly<Record<DecisionState, string>> = {
  allowed: 'teal',
  'would-be-denied': 'orange',
  denied: 'red',
  mixed: 'grape',
  unknown: 'gray',
};

/** What is shown of the traffic, and how; all of it is in the address. */
export function MapToolbar({ search, change, edges, loading, omitted }: Props) {
  return (
    <Group px="md" py="xs" gap="sm" className={classes.toolbar} role="search" aria-label="What the map shows">
      <TextInput
        aria-label="Find on the map"
        placeholder="Find app, workload, label"
        leftSection={<IconSearch size={16} />}
        value={search.q ?? ''}
        onChange={(event) => change({ q: event.target.value })}
        size="xs"
        w={210}
      />
      <States search={search} change={change} />
      <SegmentedControl
        aria-label="Which verdicts"
        size="xs"
        data={[
          { value: 'intended', label: 'Intended' },
          { value: 'effective', label: 'In effect' },
        ]}
        value={search.decision ?? 'intended'}
        onChange={(value) => change({ decision: value === 'effective' ? value : null })}
      />
      <Box w={170} h={30}>
        <Suspense>
          <DraftChoice draft={search.draft ?? null} onChange={(draft) => change({ draft })} />
        </Suspense>
      </Box>
      <SegmentedControl
        aria-label="As a map or as a table"
        size="xs"
        data={[
          { value: 'map', label: 'Map' },
          { value: 'table', label: 'Table' },
        ]}
        value={search.as ?? 'map'}
        onChange={(value) => change({ as: value === 'table' ? value : null })}
      />
      <Text size="xs" c="dimmed" role="status">
        {loading && 'Loading edges'}
        {edges !== null && edgesText(edges) + omittedText(omitted)}
      </Text>
    </Group>
  );
}

function States({ search, change }: Pick<Props, 'search' | 'change'>) {
  const shown = [...shownStates(search)];
  const choose = (chosen: readonly string[]) => {
    const hide = decisionStates.filter((state) => !chosen.includes(state));
    change({ hide: hide.length === 0 ? null : hide });
  };
  return (
    <Chip.Group multiple value={shown} onChange={choose}>
      <Group gap={4} className={classes.toolbar}>
        {decisionStates.map((state) => (
          <Chip key={state} value={state} size="xs" color={colors[state]} variant="light">
            {stateWords[state]}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}

function edgesText({ count, complete }: NonNullable<Props['edges']>): string {
  if (count === 0) return 'No traffic yet';
  return `${count.toLocaleString('en')} ${count === 1 ? 'edge' : 'edges'}${complete ? '' : ' and more'}`;
}

function omittedText({ cards, workloads, edges }: Omitted): string {
  const parts = [
    ...(cards > 0 ? [`${cards} cards`] : []),
    ...(workloads > 0 ? [`${workloads} workloads`] : []),
    ...(edges > 0 ? [`${edges} lines`] : []),
  ];
  return parts.length === 0 ? '' : `; not drawn for their number: ${parts.join(', ')}`;
}
