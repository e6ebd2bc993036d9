import { emptyText } from '@bulkhead/policy/exact/empty-end.ts';
import { Anchor, Badge, Group, Text } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import type { ChangedHost, PreviewEffect, TouchedEdge } from '../api/policy-types.ts';
import { Empty } from '../pages/page-frame.tsx';
import { type Column, RowTable } from '../pages/row-table.tsx';
import { counterexampleText, plural, sizeText } from './preview-text.ts';
import type { View } from './search.ts';

export function HostsTable({ hosts }: { readonly hosts: readonly ChangedHost[] }) {
  if (hosts.length === 0) return <Empty title="No host changes">Every host holds already what it would get.</Empty>;
  return <RowTable label="Hosts to change" rows={hosts} columns={hostColumns} rowKey={({ workload }) => workload} />;
}

const hostColumns: readonly Column<ChangedHost>[] = [
  { title: 'Host', width: '30%', cell: ({ workload }) => <Name text={workload} /> },
  {
    title: 'In the kernel',
    width: '22%',
    cell: ({ size }) => <Text size="sm">{size === null ? '' : sizeText(size)}</Text>,
  },
  {
    title: 'What happens',
    width: '48%',
    cell: ({ narrows, tries, problem }) => {
      if (problem !== null) return <Text c="red">{problem}</Text>;
      return narrows ? (
        <Text size="sm">
          <Badge variant="light" color="orange" mr="xs">
            narrows
          </Badge>
          something closes, so its live connections are judged again
          {tries.length > 0 && `; goes back unless it reaches ${tries.join(', ')}`}
        </Text>
      ) : (
        <Text size="sm">gets another ruleset; what is connected stays connected</Text>
      );
    },
  },
];

type TouchedProps = { readonly flows: PreviewEffect['flows']; readonly view: View };

/** Edges that were seen and would be judged otherwise in this view. */
export function TouchedTable({ flows: { items, omitted }, view }: TouchedProps) {
  const shown = items.filter(({ was, becomes }) => was[view] !== becomes[view]);
  if (items.length === 0) {
    return <Empty title="No observed edge is touched">Everything seen in the last hour keeps its verdict.</Empty>;
  }
  return (
    <>
      <Text size="sm" c="dimmed" mb={4}>
        {shown.length} of {plural(items.length, 'edge')} change in this view
        {omitted > 0 ? `; ${omitted} more are not shown` : ''}
      </Text>
      {shown.length > 0 && (
        <RowTable label="Observed edges" rows={shown} columns={touchedColumns[view]} rowKey={({ key }) => key} />
      )}
    </>
  );
}

const touchedIn = (view: View): readonly Column<TouchedEdge>[] => [
  { title: 'From', width: '24%', cell: ({ from }) => <Name text={from} /> },
  { title: 'To', width: '24%', cell: ({ to }) => <Name text={to} /> },
  {
    title: 'Service',
    width: '16%',
    cell: ({ service }) => (
      <Text size="sm" ff="monospace">
        {service}
      </Text>
    ),
  },
  {
    title: 'Was, becomes',
    width: '24%',
    cell: ({ was, becomes }) => (
      <Group gap={6} wrap="nowrap">
        <Verdict text={was[view]} />
        <IconArrowRight size={14} aria-label="becomes" />
        <Verdict text={becomes[view]} />
      </Group>
    ),
  },
  { title: 'Attempts', width: '12%', cell: ({ attempts }) => attempts },
];

const touchedColumns = { effective: touchedIn('effective'), intended: touchedIn('intended') };

const verdictColors: Readonly<Record<string, string>> = { allow: 'teal', deny: 'red', mixed: 'orange' };

function Verdict({ text }: { readonly text: string }) {
  return (
    <Badge variant="light" color={verdictColors[text] ?? 'gray'}>
      {text}
    </Badge>
  );
}

type Line = PreviewEffect['tests'][number];

export function TestsTable({ tests }: { readonly tests: readonly Line[] }) {
  const { draft } = useParams({ from: '/inside/policy/$draft/preview' });
  if (tests.length === 0) {
    return <Empty title="The policy has no tests">A document of the kind Test says what must stay so.</Empty>;
  }
  const failedFirst = [...tests].sort((a, b) => Number(a.passed) - Number(b.passed));
  const columns: readonly Column<Line>[] = [
    ...testColumns,
    {
      title: 'Where',
      width: '20%',
      cell: ({ place }) => (
        <Anchor
          size="xs"
          ff="monospace"
          renderRoot={(props) => (
            <Link to="/policy/$draft" params={{ draft }} search={{ file: place.file, line: place.line }} {...props} />
          )}
        >
          <span className="name">
            {place.file}:{place.line}
          </span>
        </Anchor>
      ),
    },
  ];
  return (
    <RowTable
      label="Tests"
      rows={failedFirst}
      columns={columns}
      rowKey={({ place, test, line }) => `${test} ${place.file}:${place.line}:${place.column} ${line}`}
    />
  );
}

const testColumns: readonly Column<Line>[] = [
  {
    title: 'Result',
    width: '10%',
    cell: ({ passed }) => <Badge color={passed ? 'teal' : 'red'}>{passed ? 'passed' : 'failed'}</Badge>,
  },
  { title: 'Test', width: '18%', cell: ({ test }) => <Name text={test} /> },
  { title: 'Connection', width: '30%', cell: ({ line }) => <Name text={line} /> },
  {
    title: 'Expected, is',
    width: '22%',
    cell: ({ expected, answer, problem }) => (
      <Text size="sm" lineClamp={2}>
        {expected}, {answer === null ? (problem?.message ?? 'cannot be asked') : answer.verdict}
      </Text>
    ),
  },
];

function Name({ text }: { readonly text: string }) {
  return (
    <Text size="sm" truncate title={text}>
      <span className="name">{text}</span>
    </Text>
  );
}

type Proof = PreviewEffect['invariants'][number];

export function InvariantsTable({ invariants }: { readonly invariants: readonly Proof[] }) {
  if (invariants.length === 0) {
    return (
      <Empty title="The policy has no invariants">
        A document of the kind Invariant says what must never be possible; it is proved for every connection.
      </Empty>
    );
  }
  const refutedFirst = [...invariants].sort((a, b) => Number(a.holds) - Number(b.holds));
  return (
    <RowTable label="Invariants" rows={refutedFirst} columns={proofColumns} rowKey={({ invariant }) => invariant} />
  );
}

/** Why, where it is not simply proved. */
function proofText({ counterexample, empty }: Proof): string {
  if (empty !== undefined) return emptyText(empty);
  return counterexample === null ? '' : counterexampleText(counterexample);
}

const proofColumns: readonly Column<Proof>[] = [
  {
    title: 'Result',
    width: '12%',
    cell: ({ holds, empty }) =>
      empty === undefined ? (
        <Badge color={holds ? 'teal' : 'red'}>{holds ? 'proved' : 'refuted'}</Badge>
      ) : (
        <Badge color="gray">nothing to prove</Badge>
      ),
  },
  { title: 'Invariant', width: '28%', cell: ({ invariant }) => <Name text={invariant} /> },
  {
    title: 'What would pass',
    width: '60%',
    cell: (proof) => <Name text={proofText(proof)} />,
  },
];
