import { useQuery } from '@tanstack/react-query';
import { hostsQuery } from '../api/queries.ts';
import { ProofBadge } from '../pages/proof-badge.tsx';

/** Whether a host is proven by now, whatever became of the provisioning since; nothing for one that is gone. */
export function ProvenNow({ name }: { readonly name: string }) {
  const host = useQuery(hostsQuery).data?.items.find((one) => one.name === name);
  return host === undefined ? null : <ProofBadge proof={host.proof} />;
}
