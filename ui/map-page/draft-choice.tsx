import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { draftsQuery } from '../api/queries.ts';

type Props = { readonly draft: string | null; readonly onChange: (draft: string | null) => void };

/** The version in force, or how a draft would judge the same traffic. */
export function DraftChoice({ draft, onChange }: Props) {
  const drafts = useQuery(draftsQuery).data?.items ?? [];
  return (
    <Select
      aria-label="Judged by the version in force, or by a draft"
      placeholder="Version in force"
      size="xs"
      clearable
      data={drafts.map(({ name }) => ({ value: name, label: `Draft ${name}` }))}
      value={draft}
      onChange={onChange}
    />
  );
}
