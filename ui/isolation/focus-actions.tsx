import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { workloadsQuery } from '../api/queries.ts';
import { IsolateButton } from './isolate-button.tsx';
import { targetOfFocus } from './isolation-target.ts';
import { targetText } from './isolation-words.ts';

/** What can be done with the card or workload that has the focus on the map; nothing with addresses. */
export function FocusActions({ focus }: { readonly focus: string }) {
  const workloads = useQuery(workloadsQuery).data?.items ?? [];
  const target = targetOfFocus(focus, workloads);
  if (target === null) return null;
  return (
    <Group px="md" pb="xs" gap="sm" role="group" aria-label="What is in focus">
      <Text size="xs">
        In focus: <b className="name">{targetText(target)}</b>
      </Text>
      <IsolateButton target={target} size="xs" />
    </Group>
  );
}
