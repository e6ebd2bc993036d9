import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { Badge } from '@mantine/core';

const colors: Readonly<Record<DecisionState, string>> = {
  allowed: 'teal',
  'would-be-denied': 'orange',
  denied: 'red',
  mixed: 'grape',
  unknown: 'gray',
};

export const stateWords: Readonly<Record<DecisionState, string>> = {
  allowed: 'allowed',
  'would-be-denied': 'would be denied',
  denied: 'denied',
  mixed: 'mixed',
  unknown: 'unknown',
};

export function StateBadge({ state }: { readonly state: DecisionState }) {
  return (
    <Badge variant="light" color={colors[state]} tt="none">
      {stateWords[state]}
    </Badge>
  );
}
