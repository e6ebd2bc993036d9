import type { Edge } from '@bulkhead/flows/edge.ts';
import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { previewQuery } from '../api/policy-queries.ts';
import { draftState } from '../map-page/draft-verdicts.ts';
import { StateBadge } from './state-badge.tsx';

/** What the draft makes of an edge that hosts have judged by the version in force; nothing where that is not known. */
export function UnderDraft({ draft, edge }: { readonly draft: string; readonly edge: Edge }) {
  const flows = useQuery(previewQuery(draft)).data?.preview.flows;
  const state = flows === undefined ? null : draftState(edge, flows);
  if (state === null) return null;
  return (
    <Group gap="xs" role="note">
      <Text size="sm">
        Under draft <span className="name">{draft}</span>
      </Text>
      <StateBadge state={state} />
    </Group>
  );
}
