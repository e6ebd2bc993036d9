import { Badge, Tooltip } from '@mantine/core';
import type { Proof } from '../api/types.ts';
import { proofColours, proofState, proofText } from '../details/proof-state.ts';
import { useNow } from '../details/use-now.ts';

/** Whether a host is proven to hold what is intended, with why not to hover over. */
export function ProofBadge({ proof, size = 'md' }: { readonly proof: Proof; readonly size?: 'md' | 'lg' }) {
  const now = useNow(5000);
  const { intended, applied, proven } = proof;
  const numbers = `generation intended ${intended.generation}, applied ${applied.generation ?? 'none'}, proven ${proven.generation ?? 'none'}`;
  return (
    <Tooltip label={proven.reason === null ? numbers : `${proven.reason}; ${numbers}`} multiline maw={400}>
      <Badge variant="light" size={size} color={proofColours[proofState(proof, now)]}>
        {proofText(proof, now)}
      </Badge>
    </Tooltip>
  );
}
