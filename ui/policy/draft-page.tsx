import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { draftQuery } from '../api/queries.ts';
import { Loaded, PageFrame } from '../pages/page-frame.tsx';
import { DraftDesk } from './draft-desk.tsx';

/** Nothing tells of drafts that change, so it is looked at again: somebody may edit the same one. */
const lookAgainMilliseconds = 15_000;

export function DraftPage() {
  const { draft: name } = useParams({ from: '/inside/policy/$draft' });
  const query = useQuery({ ...draftQuery(name), refetchInterval: lookAgainMilliseconds });
  if (query.data !== undefined) return <DraftDesk key={name} known={query.data} />;
  return (
    <PageFrame title={`Draft ${name}`}>
      <Loaded query={query}>{() => null}</Loaded>
    </PageFrame>
  );
}
