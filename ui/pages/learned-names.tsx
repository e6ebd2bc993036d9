import { Badge, Code, Group, Stack, Table, Text, Title } from '@mantine/core';
import type { HostDetail, LearnedName } from '../api/types.ts';
import { TimeText } from './time-text.tsx';
import { WorkloadLink } from './workload-link.tsx';

const shownNames = 200;
const title = 'Addresses of domain names';

/** What name servers answered to the host for names of its rules. An address that is more than the name stands out. */
export function LearnedNames({ names }: { readonly names: NonNullable<HostDetail['names']> }) {
  const { learned, more } = names;
  const left = learned.length - Math.min(learned.length, shownNames) + more;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        {title}
      </Title>
      {learned.length === 0 && <Text size="sm">No name server has answered for a name of its rules yet.</Text>}
      {learned.length > 0 && (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label={title}
          style={{ overflowX: 'auto' }}
        >
          <Table aria-label={title} fz="sm" miw={720}>
            <Table.Thead>
              <Table.Tr>
                {['Name', 'Address', 'Known since', 'Last answered', 'Reaches as well'].map((column) => (
                  <Table.Th key={column} scope="col">
                    {column}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {learned.slice(0, shownNames).map((one) => (
                <LearnedRow key={`${one.name} ${one.address}`} learned={one} />
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
      {left > 0 && (
        <Text size="sm" c="dimmed">
          {left} more are not listed or found no room
        </Text>
      )}
    </Stack>
  );
}

function LearnedRow({ learned }: { readonly learned: LearnedName }) {
  const { name, address, since, answered, alsoNamed, workload } = learned;
  return (
    <Table.Tr>
      <Table.Td>
        <span className="name">{name}</span>
      </Table.Td>
      <Table.Td>
        <Code>{address}</Code>
      </Table.Td>
      <Table.Td>
        <TimeText at={since} />
      </Table.Td>
      <Table.Td>
        <TimeText at={answered} />
      </Table.Td>
      <Table.Td>
        <Group gap="xs">
          {workload !== null && <WorkloadLink name={workload} />}
          {alsoNamed.map((other) => (
            <Badge key={other} color="orange" variant="light" tt="none">
              {other}
            </Badge>
          ))}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
