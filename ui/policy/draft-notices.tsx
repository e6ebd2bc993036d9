import { Alert, Anchor, Button, Group, List, Text } from '@mantine/core';
import { IconGitBranch, IconUserEdit } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { statusQuery, versionQuery } from '../api/queries.ts';
import { TimeText } from '../pages/time-text.tsx';
import { Confirm } from './confirm.tsx';
import { compareFiles, rebase } from './draft-files.ts';
import type { DraftEdits } from './use-draft-edits.ts';

/** Somebody else saved the same draft: nothing is overwritten without knowing it. */
export function DraftMoved({ edits }: { readonly edits: DraftEdits }) {
  const { moved, files, discard, save, saving } = edits;
  if (moved === null) return null;
  const changes = [...compareFiles(edits.loaded.files, moved.files)].filter(([, change]) => change !== 'same');
  return (
    <Alert color="red" icon={<IconUserEdit />} role="alert" title="Somebody else saved this draft">
      <Text size="sm">
        <b className="name">{moved.updatedBy}</b> changed{' '}
        {changes.length === 0 ? 'no file' : changes.map(([path, change]) => `${path} (${change})`).join(', ')}{' '}
        <TimeText at={moved.updated} />, after what you are editing was loaded. Only one of the two can stay.
      </Text>
      <Group mt="xs" gap="xs">
        <Button size="xs" variant="default" onClick={discard}>
          Show theirs, lose mine
        </Button>
        <Button size="xs" color="red" loading={saving} onClick={() => save({ files, over: moved })}>
          Keep mine, lose theirs
        </Button>
      </Group>
    </Alert>
  );
}

export function SaveFailed({ edits: { problem } }: { readonly edits: DraftEdits }) {
  if (problem === null) return null;
  return (
    <Alert color="red" role="alert" title="Not saved">
      {problem.message}
    </Alert>
  );
}

/** Another version is in force than the draft was made from: it would be refused. */
export function BaseMoved({ edits, mayEdit }: { readonly edits: DraftEdits; readonly mayEdit: boolean }) {
  const [asking, setAsking] = useState(false);
  const current = useQuery(statusQuery).data?.version.number;
  const { base, baseMoved } = edits.loaded;
  if (!baseMoved || current === undefined || current === base) return null;
  const search = { with: base, show: 'text' as const };
  return (
    <Alert color="orange" icon={<IconGitBranch />} title={`Version ${current} was provisioned meanwhile`}>
      <Text size="sm">
        This draft was made from version {base}, so it would be refused, lest it undo what came after.{' '}
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link to="/versions/$number" params={{ number: String(current) }} search={search} {...props} />
          )}
        >
          See what changed from {base} to {current}
        </Anchor>
        {mayEdit && edits.changed && '. Save your edits, then bring it along.'}
      </Text>
      {mayEdit && !edits.changed && (
        <Button size="xs" mt="xs" variant="default" onClick={() => setAsking(true)}>
          Bring it onto version {current}
        </Button>
      )}
      {asking && <BringAlong edits={edits} current={current} onClose={() => setAsking(false)} />}
    </Alert>
  );
}

type BringProps = { readonly edits: DraftEdits; readonly current: number; readonly onClose: () => void };

function BringAlong({ edits, current, onClose }: BringProps) {
  const { loaded, files, save, saving } = edits;
  const before = useQuery(versionQuery(loaded.base)).data;
  const now = useQuery(versionQuery(current)).data;
  if (before === undefined || now === undefined) return null;
  const rebased = rebase({ base: before.files, current: now.files, draft: files });
  const taken = [...compareFiles(files, rebased.files)].filter(([, change]) => change !== 'same');
  const bring = () => save({ files: rebased.files, over: loaded, base: current, onSaved: onClose });
  return (
    <Confirm
      title={`Bring this draft onto version ${current}?`}
      opened
      onClose={onClose}
      action="Bring it along"
      busy={saving}
      problem={edits.problem?.message ?? null}
      onConfirm={bring}
    >
      <Paths title={`Files that become as version ${current} has them`} paths={taken.map(([path]) => path)} />
      <Paths
        title={`Changed by the draft and by version ${current}: they stay as the draft has them, look at them again`}
        paths={rebased.both}
      />
      {taken.length + rebased.both.length === 0 && <Text size="sm">No file changes; only the base does.</Text>}
    </Confirm>
  );
}

function Paths({ title, paths }: { readonly title: string; readonly paths: readonly string[] }) {
  if (paths.length === 0) return null;
  return (
    <div>
      <Text size="sm">{title}:</Text>
      <List size="sm" ff="monospace" mah={160} style={{ overflow: 'auto' }}>
        {paths.map((path) => (
          <List.Item key={path}>
            <span className="name">{path}</span>
          </List.Item>
        ))}
      </List>
    </div>
  );
}
