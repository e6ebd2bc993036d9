import type { Problem } from '@bulkhead/model/problem.ts';
import { ActionIcon, Badge, Group, Menu, Stack, Text, TextInput } from '@mantine/core';
import { IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { PolicyFile } from '../api/types.ts';
import { Confirm } from './confirm.tsx';
import { compareFiles, pathProblem, renamed, withFile, withoutFile } from './draft-files.ts';
import { FileLink } from './file-reader.tsx';
import type { DraftEdits } from './use-draft-edits.ts';

type Props = {
  readonly edits: DraftEdits;
  readonly problems: readonly Problem[];
  readonly mayEdit: boolean;
  readonly active: string | null;
  readonly onChoose: (path: string) => void;
};

/** What is asked about the files; null: nothing. */
type Asking = { readonly kind: 'add' } | { readonly kind: 'rename' | 'remove'; readonly path: string };

export function DraftFileList({ edits, problems, mayEdit, active, onChoose }: Props) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const { files, loaded } = edits;
  const changes = compareFiles(loaded.files, files);
  return (
    <Stack gap={2} p={6}>
      <Group justify="space-between" px={6} py={2}>
        <Text size="xs" c="dimmed" fw={600}>
          Files
        </Text>
        {mayEdit && (
          <ActionIcon variant="subtle" color="gray" aria-label="Add a file" onClick={() => setAsking({ kind: 'add' })}>
            <IconPlus size={16} />
          </ActionIcon>
        )}
      </Group>
      {files.map(({ path }) => (
        <Group key={path} gap={0} wrap="nowrap">
          <div style={{ flex: 1, minWidth: 0 }}>
            <FileLink
              path={path}
              active={path === active}
              mark={<Mark problems={problems.filter(({ place }) => place?.file === path)} change={changes.get(path)} />}
              onChoose={() => onChoose(path)}
            />
          </div>
          {mayEdit && <FileMenu path={path} onAsk={setAsking} />}
        </Group>
      ))}
      {asking !== null && (
        <Question asking={asking} edits={edits} onChoose={onChoose} onClose={() => setAsking(null)} />
      )}
    </Stack>
  );
}

function Mark({ problems, change }: { readonly problems: readonly Problem[]; readonly change: string | undefined }) {
  const error = problems.some(({ severity }) => severity === 'error');
  if (problems.length > 0) {
    return (
      <Badge size="sm" circle color={error ? 'red' : 'orange'} title={`${problems.length} problems`}>
        {problems.length}
      </Badge>
    );
  }
  return change === undefined || change === 'same' ? null : (
    <Text size="xs" c="orange" title={`${change}, not saved`}>
      ●
    </Text>
  );
}

function FileMenu({ path, onAsk }: { readonly path: string; readonly onAsk: (asking: Asking) => void }) {
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={`What to do with ${path}`}>
          <IconDots size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => onAsk({ kind: 'rename', path })}>
          Rename
        </Menu.Item>
        <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => onAsk({ kind: 'remove', path })}>
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

type QuestionProps = {
  readonly asking: Asking;
  readonly edits: DraftEdits;
  readonly onChoose: (path: string) => void;
  readonly onClose: () => void;
};

function Question({ asking, edits: { files, edit }, onChoose, onClose }: QuestionProps) {
  const finish = (edited: readonly PolicyFile[], path: string | null) => {
    edit(edited);
    if (path !== null) onChoose(path);
    onClose();
  };
  switch (asking.kind) {
    case 'add':
      return (
        <AskPath
          title="Add a file"
          action="Add"
          was=""
          files={files}
          onClose={onClose}
          onPath={(path) => finish(withFile(files, { path, text: '' }), path)}
        />
      );
    case 'rename':
      return (
        <AskPath
          title="Rename the file"
          action="Rename"
          was={asking.path}
          files={files}
          onClose={onClose}
          onPath={(path) => finish(renamed(files, asking.path, path), path)}
        />
      );
    case 'remove':
      return (
        <Confirm
          title="Remove this file from the draft?"
          opened
          danger
          action="Remove the file"
          onClose={onClose}
          onConfirm={() => finish(withoutFile(files, asking.path), null)}
        >
          <Text size="sm">
            The text of <b className="name">{asking.path}</b> is gone from the draft once it is saved. Versions that
            have it keep it.
          </Text>
        </Confirm>
      );
  }
}

type AskProps = {
  readonly title: string;
  readonly action: string;
  readonly was: string;
  readonly files: readonly PolicyFile[];
  readonly onPath: (path: string) => void;
  readonly onClose: () => void;
};

function AskPath({ title, action, was, files, onPath, onClose }: AskProps) {
  const [path, setPath] = useState(was);
  const taken = files.flatMap((file) => (file.path === was ? [] : [file.path]));
  const wrong = pathProblem(path, taken);
  return (
    <Confirm
      title={title}
      opened
      action={action}
      disabled={wrong !== null || path === was}
      onClose={onClose}
      onConfirm={() => onPath(path)}
    >
      <TextInput
        label="Path"
        placeholder="apps/shop.yaml"
        data-autofocus
        value={path}
        error={path === '' ? null : wrong}
        onChange={(event) => setPath(event.target.value)}
      />
    </Confirm>
  );
}
