import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { Badge } from '@mantine/core';
import { stateWords } from '../map/map-theme.ts';

const colors: Readonly<Record<DecisionState, string>> = {
  allowed: 'teal',
  'would-be-denied': 'orange',
  denied: 'red',
  mixed: 'grape',
  unknown: 'gray',
};

export function StateBadge({ state }: { readonly state: DecisionState }) {
  return (
    <Badge variant="light" color={colors[state]} tt="none">
      {stateWords[state]}
    </Badge>
  );
}
