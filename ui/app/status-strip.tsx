import { Badge, Group, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { LiveState } from '../api/follow-events.ts';
import { statusQuery } from '../api/queries.ts';
import type { Status } from '../api/types.ts';

/** The version in force, hosts that are proven, records that were lost: what must never be out of sight. */
export function StatusStrip({ live }: { readonly live: LiveState }) {
  const status = useQuery(statusQuery).data;
  if (status === undefined) return null;
  const { hosts, workloads, reports, version, disk } = status;
  const allProven = hosts.proven === workloads.managed;
  // What was so when the controller answered last is no news, good or bad.
  const colour = (isGood: boolean): string => (live === 'away' ? 'gray' : isGood ? 'teal' : 'orange');
  return (
    <Group gap="xs" wrap="nowrap" visibleFrom="xs">
      <Tooltip label={live === 'live' ? 'Changes are shown as they happen' : 'No live connection to the controller'}>
        <Badge variant="dot" color={live === 'live' ? 'teal' : 'orange'}>
          {live}
        </Badge>
      </Tooltip>
      <Tooltip label="The policy version that hosts should enforce">
        <Badge variant="light">version {version.number}</Badge>
      </Tooltip>
      <Tooltip label={provenText(status)}>
        <Badge variant="light" color={colour(allProven)}>
          {hosts.proven}/{workloads.managed} proven
        </Badge>
      </Tooltip>
      <Tooltip label="Connection records that hosts counted and nobody received">
        <Badge variant="light" color={colour(reports.lost === 0)}>
          {reports.lost} lost
        </Badge>
      </Tooltip>
      {disk.state !== 'ok' && <Badge color="red">disk {disk.state}</Badge>}
    </Group>
  );
}

function provenText({ hosts, workloads }: Status): string {
  const away = workloads.managed - hosts.connected;
  return `${hosts.proven} of ${workloads.managed} hosts were read back and hold what is intended; ${away} are away`;
}
