import type { EndExplanation, PairExplanation } from '@bulkhead/policy/explain.ts';
import { Code, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { explainQuery } from '../api/queries.ts';
import { Loaded } from '../pages/page-frame.tsx';

type Props = { readonly from: string; readonly to: string; readonly service: string };

/** Why the current version answers as it does, end by end. */
export function Why(probe: Props) {
  return (
    <Loaded query={useQuery(explainQuery(probe))}>
      {({ version, pairs }) => (
        <Stack gap="xs" role="status">
          <Text size="sm">
            Version {version}: <b>{pairs[0]?.verdict.intended ?? 'nothing'}</b> intended,{' '}
            <b>{pairs[0]?.verdict.effective ?? 'nothing'}</b> now in effect
          </Text>
          {pairs.slice(0, 4).map((pair) => (
            <Pair key={`${pair.from} ${pair.to}`} pair={pair} />
          ))}
        </Stack>
      )}
    </Loaded>
  );
}

function Pair({ pair }: { readonly pair: PairExplanation }) {
  return (
    <Stack gap={2}>
      <Text size="xs" c="dimmed" ff="monospace">
        <span className="name">{pair.from}</span> to <span className="name">{pair.to}</span>
        {pair.via !== null && ` through ${pair.via}`}
      </Text>
      <OneEnd title="Leaving" end={pair.outbound} />
      <OneEnd title="Arriving" end={pair.inbound} />
    </Stack>
  );
}

function OneEnd({ title, end }: { readonly title: string; readonly end: EndExplanation }) {
  return (
    <Stack gap={2}>
      <Text size="sm">
        {title}: {endText(end)}
      </Text>
      {end.rules.length > 0 && <Rules end={end} />}
      {end.nearest !== null && <Nearest nearest={end.nearest} />}
    </Stack>
  );
}

function endText({ mode, intended }: EndExplanation): string {
  if (mode === null) return 'nobody enforces here';
  const by = intended.rule === null ? 'no rule matches' : `by ${intended.rule} in tier ${intended.tier}`;
  return `${intended.verdict}, ${by} (mode ${mode})`;
}

/** What would have had to be different for another verdict. */
function Nearest({
  nearest: { rule, verdict, obstacle },
}: {
  readonly nearest: NonNullable<EndExplanation['nearest']>;
}) {
  return (
    <Text size="xs" c="dimmed">
      Nearest: <Code>{rule}</Code> would {verdict}, but its {obstacle.part} asks for{' '}
      <span className="name">{obstacle.asked}</span> and here is <span className="name">{obstacle.found}</span>.
    </Text>
  );
}

function Rules({ end }: { readonly end: EndExplanation }) {
  return (
    <Table fz="xs" aria-label="Rules that match">
      <Table.Tbody>
        {end.rules.slice(0, 20).map(({ rule, instance, tier, verdict, fate, unknown }) => (
          <Table.Tr key={`${rule} ${instance}`}>
            <Table.Td>
              <Group gap={4}>
                <Code>{rule}</Code>
                {instance !== null && <span className="name">{instance}</span>}
                {unknown.length > 0 && `${unknown.join(' and ')} not known here`}
              </Group>
            </Table.Td>
            <Table.Td>{tier}</Table.Td>
            <Table.Td>{verdict}</Table.Td>
            <Table.Td>{fate.intended}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
