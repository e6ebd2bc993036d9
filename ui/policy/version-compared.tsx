import { Group, Select, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { differenceQuery } from '../api/policy-queries.ts';
import { versionQuery, versionsQuery } from '../api/queries.ts';
import type { Version } from '../api/types.ts';
import { Loaded } from '../pages/page-frame.tsx';
import { ChangeTable } from './change-table.tsx';
import { FileDifferences } from './file-differences.tsx';
import { FileReader } from './file-reader.tsx';
import { Tab, ViewSwitch } from './preview-effects.tsx';
import { changeText, rectanglesOf } from './preview-text.ts';
import type { VersionSearch, View } from './search.ts';

/** A version's files, and what is different from another one. */
export function VersionCompared({ version }: { readonly version: Version }) {
  const search = useSearch({ from: '/inside/versions/$number' });
  const navigate = useNavigate({ from: '/versions/$number' });
  const set = (change: VersionSearch) => void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const { show = 'files', as = 'effective' } = search;
  const other = search.with ?? version.base ?? Math.max(0, version.number - 1);
  return (
    <Tabs value={show} onChange={(tab) => set({ show: tab as NonNullable<VersionSearch['show']> })} keepMounted={false}>
      <Group justify="space-between" mb="xs">
        <VersionTabs {...{ version, other, as }} />
        <Group gap="xs">
          <OtherVersion version={version} other={other} onChange={(number) => set({ with: number })} />
          {(show === 'opens' || show === 'closes') && <ViewSwitch view={as} onChange={(view) => set({ as: view })} />}
        </Group>
      </Group>
      <Tabs.Panel value="files">
        <FileReader files={version.files} height="calc(100dvh - 280px)" />
      </Tabs.Panel>
      <Tabs.Panel value="text">
        <TextCompared version={version} other={other} />
      </Tabs.Panel>
      {(['opens', 'closes'] as const).map((verb) => (
        <Tabs.Panel key={verb} value={verb}>
          <Difference {...{ version, other, verb, as }} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

type Pair = { readonly version: Version; readonly other: number };

function VersionTabs({ version, other, as }: Pair & { readonly as: View }) {
  const difference = useQuery(differenceQuery(other, version.number)).data;
  const sided = difference === undefined || as === 'intended' ? difference : difference.effective;
  return (
    <Tabs.List>
      <Tab value="files" label="Files" count={version.files.length} />
      <Tabs.Tab value="text">Text changes</Tabs.Tab>
      <Tab value="opens" label="Opens" count={sided === undefined ? 0 : rectanglesOf(sided.opened)} />
      <Tab value="closes" label="Closes" count={sided === undefined ? 0 : rectanglesOf(sided.closed)} />
    </Tabs.List>
  );
}

type OtherProps = Pair & { readonly onChange: (number: number) => void };

function OtherVersion({ version, other, onChange }: OtherProps) {
  const versions = useQuery(versionsQuery).data?.items ?? [];
  const known = versions.map(({ number }) => number).filter((number) => number !== version.number);
  const numbers = known.includes(other) || other === version.number ? known : [other, ...known];
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="sm" c="dimmed">
        compared with
      </Text>
      <Select
        size="xs"
        w={130}
        aria-label="Compared with"
        allowDeselect={false}
        searchable
        value={String(other)}
        data={numbers.map((number) => ({ value: String(number), label: `version ${number}` }))}
        onChange={(value) => value !== null && onChange(Number(value))}
      />
    </Group>
  );
}

function TextCompared({ version, other }: Pair) {
  return (
    <Loaded query={useQuery(versionQuery(other))}>
      {({ files }) => <FileDifferences before={files} after={version.files} />}
    </Loaded>
  );
}

type DifferenceProps = Pair & { readonly verb: 'opens' | 'closes'; readonly as: View };

function Difference({ version, other, verb, as }: DifferenceProps) {
  return (
    <Loaded query={useQuery(differenceQuery(other, version.number))}>
      {(difference) => {
        const sided = as === 'intended' ? difference : difference.effective;
        const change = verb === 'opens' ? sided.opened : sided.closed;
        return (
          <Stack gap="xs">
            <Text size="sm" c="dimmed">
              From version {other} to version {version.number}, over the estate as it is now.
            </Text>
            <ChangeTable change={change} verb={verb} text={changeText(change)} />
          </Stack>
        );
      }}
    </Loaded>
  );
}
