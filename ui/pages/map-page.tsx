import { useQuery } from '@tanstack/react-query';
import { edgesQuery } from '../api/queries.ts';
import { Loaded, PageFrame } from './page-frame.tsx';

export function MapPage() {
  return (
    <PageFrame title="Map">
      <Loaded query={useQuery(edgesQuery)}>{({ byKey }) => <p>{byKey.size} edges</p>}</Loaded>
    </PageFrame>
  );
}
