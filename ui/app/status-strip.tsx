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
  const allProven = hosts.fresh === workloads.managed;
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
          {hosts.fresh}/{workloads.managed} proven
        </Badge>
      </Tooltip>
      <Tooltip label="Connection records that hosts counted and nobody received">
        <Badge variant="light" color={colour(reports.lost === 0)}>
          {reports.lost} lost
        </Badge>
      </Tooltip>
      {hosts.alarms.length > 0 && (
        <Tooltip label={alarmText(status)} multiline maw={400}>
          <Badge color="red">alarm on {hosts.alarms.map(({ name }) => name).join(', ')}</Badge>
        </Tooltip>
      )}
      {disk.state !== 'ok' && <Badge color="red">disk {disk.state}</Badge>}
    </Group>
  );
}

function provenText({ hosts, workloads }: Status): string {
  const count = `${hosts.fresh} of ${workloads.managed} hosts were read back within ${hosts.freshSeconds} s and hold what is intended`;
  const named = hosts.notProven.slice(0, 3).map(({ name, reason }) => `${name}: ${reason ?? 'not proven'}`);
  return [count, ...named].join('; ');
}

function alarmText({ hosts }: Status): string {
  return hosts.alarms.flatMap(({ name, alarms }) => alarms.map((alarm) => `${name}: ${alarm}`)).join('; ');
}
