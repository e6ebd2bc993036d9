import { Alert, Badge, Group, SegmentedControl, Stack, Tabs, Tooltip } from '@mantine/core';
import { IconCircleCheck, IconUsers } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { PreviewEffect } from '../api/policy-types.ts';
import { AnomaliesTable } from './anomalies-table.tsx';
import { ChangeTable } from './change-table.tsx';
import { HostsTable, InvariantsTable, TestsTable, TouchedTable } from './effect-tables.tsx';
import { EffectTiles } from './effect-tiles.tsx';
import { changesNothing, changeText, countText, peopleText, rectanglesOf } from './preview-text.ts';
import type { PreviewSearch, View } from './search.ts';

/** Everything a draft would do, a number each, and behind each number what it counts. */
export function PreviewEffects({ effect, draft }: { readonly effect: PreviewEffect; readonly draft: string }) {
  const { as = 'effective', show = firstToRead(effect) } = useSearch({ from: '/inside/policy/$draft/preview' });
  const navigate = useNavigate({ from: '/policy/$draft/preview' });
  const set = (change: PreviewSearch) => void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const difference = as === 'effective' ? effect.effective : effect.diff;
  return (
    <Stack>
      {changesNothing(effect) && (
        <Alert color="gray" icon={<IconCircleCheck />} title="Nothing changes">
          No host gets another ruleset, and nothing opens or closes. Provisioning would only make a version.
        </Alert>
      )}
      <EffectTiles effect={effect} />
      {peopleText(difference) !== null && (
        <Alert color="orange" icon={<IconUsers />} title="For some processes and users it is otherwise">
          <span className="name">{peopleText(difference)}</span>
        </Alert>
      )}
      <Tabs
        value={show}
        onChange={(tab) => set({ show: tab as NonNullable<PreviewSearch['show']> })}
        keepMounted={false}
      >
        <Group justify="space-between" align="center" mb="xs">
          <Tabs.List>
            <Tab value="opens" label="Opens" count={rectanglesOf(difference.opened)} />
            <Tab value="closes" label="Closes" count={rectanglesOf(difference.closed)} />
            <Tab value="hosts" label="Hosts" count={effect.hosts.length} />
            <Tab value="flows" label="Observed" count={effect.flows.items.length + effect.flows.omitted} />
            <Tab value="tests" label="Tests" count={effect.tests.length} />
            <Tab value="invariants" label="Invariants" count={effect.invariants.length} />
            <Tabs.Tab value="anomalies">Anomalies</Tabs.Tab>
          </Tabs.List>
          <ViewSwitch view={as} onChange={(view) => set({ as: view })} />
        </Group>
        <Tabs.Panel value="opens">
          <ChangeTable change={difference.opened} verb="opens" text={changeText(difference.opened)} />
        </Tabs.Panel>
        <Tabs.Panel value="closes">
          <ChangeTable change={difference.closed} verb="closes" text={changeText(difference.closed)} />
        </Tabs.Panel>
        <Tabs.Panel value="hosts">
          <HostsTable hosts={effect.hosts} />
        </Tabs.Panel>
        <Tabs.Panel value="flows">
          <TouchedTable flows={effect.flows} view={as} />
        </Tabs.Panel>
        <Tabs.Panel value="tests">
          <TestsTable tests={effect.tests} />
        </Tabs.Panel>
        <Tabs.Panel value="invariants">
          <InvariantsTable invariants={effect.invariants} />
        </Tabs.Panel>
        <Tabs.Panel value="anomalies">
          <AnomaliesTable draft={draft} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** What opens comes first for whoever is asked to agree; then whatever there is. */
function firstToRead({ effective, hosts, tests }: PreviewEffect): NonNullable<PreviewSearch['show']> {
  if (rectanglesOf(effective.opened) > 0) return 'opens';
  if (rectanglesOf(effective.closed) > 0) return 'closes';
  return hosts.length === 0 && tests.length > 0 ? 'tests' : 'hosts';
}

const viewTexts: Readonly<Record<View, string>> = {
  effective: 'What is done at once: modes applied, staged rules ignored',
  intended: 'What would be done if everything were enforced, staged rules included',
};

export function ViewSwitch({ view, onChange }: { readonly view: View; readonly onChange: (view: View) => void }) {
  return (
    <Tooltip label={viewTexts[view]}>
      <SegmentedControl
        aria-label="Intended or in effect"
        size="xs"
        value={view}
        onChange={(value) => onChange(value === 'intended' ? 'intended' : 'effective')}
        data={[
          { value: 'intended', label: 'Intended' },
          { value: 'effective', label: 'In effect' },
        ]}
      />
    </Tooltip>
  );
}

export function Tab({
  value,
  label,
  count,
}: {
  readonly value: string;
  readonly label: string;
  readonly count: number;
}) {
  return (
    <Tabs.Tab
      value={value}
      rightSection={
        <Badge size="sm" variant="light" color={count === 0 ? 'gray' : 'bulkhead'}>
          {countText(count)}
        </Badge>
      }
    >
      {label}
    </Tabs.Tab>
  );
}
