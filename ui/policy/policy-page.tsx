import { Anchor, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconFilePlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { draftQuery, draftsQuery, statusQuery, versionQuery } from '../api/queries.ts';
import type { DraftSummary } from '../api/types.ts';
import { Empty, Loaded, PageFrame } from '../pages/page-frame.tsx';
import { type Column, RowTable } from '../pages/row-table.tsx';
import { TimeText } from '../pages/time-text.tsx';
import { DeleteDraft } from './delete-draft.tsx';
import { FileReader } from './file-reader.tsx';
import { NewDraft } from './new-draft.tsx';
import { plural } from './preview-text.ts';
import { useMayEdit } from './use-may-edit.ts';

export function PolicyPage() {
  const [making, setMaking] = useState(false);
  const mayEdit = useMayEdit();
  const drafts = useQuery(draftsQuery);
  return (
    <PageFrame
      title="Policy"
      about="A draft changes nothing until it is provisioned. Several may be open; provisioning one never carries another."
      actions={
        mayEdit && (
          <Button leftSection={<IconFilePlus size={18} />} onClick={() => setMaking(true)}>
            New draft
          </Button>
        )
      }
    >
      <Loaded query={drafts}>{({ items }) => <Drafts drafts={items} mayEdit={mayEdit} />}</Loaded>
      <CurrentVersion />
      <NewDraft opened={making} onClose={() => setMaking(false)} taken={drafts.data?.items ?? []} />
    </PageFrame>
  );
}

function Drafts({ drafts, mayEdit }: { readonly drafts: readonly DraftSummary[]; readonly mayEdit: boolean }) {
  if (drafts.length === 0) {
    return (
      <Empty title="No draft">{mayEdit ? 'Make one to change the policy.' : 'Nobody is changing the policy.'}</Empty>
    );
  }
  const shown = mayEdit ? [...columns, deleteColumn] : columns;
  return <RowTable label="Drafts" rows={drafts} columns={shown} rowKey={({ name }) => name} />;
}

const columns: readonly Column<DraftSummary>[] = [
  {
    title: 'Draft',
    width: '26%',
    cell: ({ name }) => (
      <Text truncate title={name}>
        <Anchor renderRoot={(props) => <Link to="/policy/$draft" params={{ draft: name }} {...props} />} fw={600}>
          <span className="name">{name}</span>
        </Anchor>
      </Text>
    ),
  },
  { title: 'From version', width: '12%', cell: ({ base }) => base },
  {
    title: 'Changed by',
    width: '18%',
    cell: ({ updatedBy }) => (
      <Text size="sm" truncate title={updatedBy}>
        <span className="name">{updatedBy}</span>
      </Text>
    ),
  },
  { title: 'Changed', width: '14%', cell: ({ updated }) => <TimeText at={updated} /> },
  { title: 'Files', width: '8%', cell: ({ files }) => files.length },
  { title: 'State', width: '16%', cell: ({ name }) => <DraftState name={name} /> },
];

const deleteColumn: Column<DraftSummary> = {
  title: '',
  width: '6%',
  cell: (draft) => <DeleteDraft draft={draft} />,
};

/** The list does not say it, so each draft in sight is asked for. */
function DraftState({ name }: { readonly name: string }) {
  const draft = useQuery(draftQuery(name)).data;
  if (draft === undefined) return null;
  const { sound, problems, baseMoved } = draft;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  return (
    <Group gap={4}>
      <Badge variant="light" color={sound ? 'teal' : 'red'}>
        {sound ? 'sound' : plural(errors, 'error')}
      </Badge>
      {warnings > 0 && (
        <Badge variant="light" color="orange">
          {plural(warnings, 'warning')}
        </Badge>
      )}
      {baseMoved && <Badge color="orange">base moved</Badge>}
    </Group>
  );
}

function CurrentVersion() {
  const number = useQuery(statusQuery).data?.version.number;
  return number === undefined ? null : <VersionFiles number={number} />;
}

function VersionFiles({ number }: { readonly number: number }) {
  return (
    <Stack gap="xs" mt="md">
      <Group justify="space-between">
        <Title order={2} size="h4">
          In force: version {number}
        </Title>
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/versions/$number" params={{ number: String(number) }} {...props} />}
        >
          More of this version
        </Anchor>
      </Group>
      <Loaded query={useQuery(versionQuery(number))}>
        {({ files }) =>
          files.length === 0 ? (
            <Text c="dimmed">It has no files: nothing is allowed or denied by a rule yet.</Text>
          ) : (
            <FileReader files={files} height={420} />
          )
        }
      </Loaded>
    </Stack>
  );
}
