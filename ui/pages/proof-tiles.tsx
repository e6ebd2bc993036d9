import { Badge } from '@mantine/core';
import type { Proof } from '../api/types.ts';
import { probedText } from '../details/proof-state.ts';
import { ProofBadge } from './proof-badge.tsx';
import { Tile } from './tile.tsx';
import { TimeText } from './time-text.tsx';

/** Intended, applied, proven and probed, each with its time: what is missing is said, and why. */
export function ProofTiles({ proof }: { readonly proof: Proof }) {
  const { intended, applied, proven, probed } = proof;
  return (
    <>
      <Tile title="Intended" note={<At time={intended.at} />}>
        generation {intended.generation}
      </Tile>
      <Tile title="Applied" note={<At time={applied.at} />}>
        {applied.generation === null ? 'nothing' : `generation ${applied.generation}`}
      </Tile>
      <Tile title="Proven" note={<ProvenNote proven={proven} />}>
        <ProofBadge proof={proof} size="lg" />
      </Tile>
      <Tile title="Probed" note={<At time={probed.at} />}>
        {probed.alarms.length > 0 ? <Badge color="red">{probedText(proof)}</Badge> : probedText(proof)}
      </Tile>
    </>
  );
}

function At({ time }: { readonly time: string | null }) {
  return time === null ? 'time not known' : <TimeText at={time} />;
}

function ProvenNote({ proven }: { readonly proven: Proof['proven'] }) {
  const { at, depth, reason } = proven;
  if (at === null) return reason ?? 'nothing was read back yet';
  return (
    <>
      {depth === null ? '' : `${depth} read back `}
      <TimeText at={at} />
      {reason === null ? '' : `; ${reason}`}
    </>
  );
}
