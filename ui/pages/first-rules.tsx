import { Code, Stack, Table, Text, Title } from '@mantine/core';
import type { HostDetail } from '../api/types.ts';

type Props = Pick<HostDetail, 'first' | 'trial'>;

/** What holds on this host before anything people write, and what must go on being reached. */
export function FirstRules({ first, trial }: Props) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        What holds first
      </Title>
      {first.length === 0 ? (
        <Text size="sm">No rule of lifeline or rescue holds here.</Text>
      ) : (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label="What holds first"
          style={{ overflowX: 'auto' }}
        >
          <Table aria-label="What holds first" fz="sm" miw={720}>
            <Table.Thead>
              <Table.Tr>
                {['Tier', 'Rule', 'Verdict', 'Peers', 'Services'].map((title) => (
                  <Table.Th key={title} scope="col">
                    {title}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {first.map(({ tier, rule, direction, verdict, peers, services }) => (
                <Table.Tr key={`${tier} ${rule} ${direction} ${verdict}`}>
                  <Table.Td>{tier}</Table.Td>
                  <Table.Td>
                    <span className="name">{rule}</span>
                  </Table.Td>
                  <Table.Td>
                    {verdict} {direction === 'inbound' ? 'from' : 'to'}
                  </Table.Td>
                  <Table.Td>
                    <span className="name">{peers.join(', ')}</span>
                  </Table.Td>
                  <Table.Td>
                    <Code>{services.join(' ')}</Code>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
      <Text size="sm">{triedText(trial)}</Text>
    </Stack>
  );
}

function triedText({ seconds, reach }: HostDetail['trial']): string {
  const ends = reach.map(({ end, reach: addresses }) =>
    addresses.length === 0 ? `${end} (no address, not tried)` : end,
  );
  const all = ['the controller', ...ends].join(', ');
  return `A narrower ruleset is kept only if within ${seconds} s this host reaches ${all}.`;
}
