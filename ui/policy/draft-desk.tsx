import { Box, Flex, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { workloadsQuery } from '../api/queries.ts';
import type { Draft, PolicyFile } from '../api/types.ts';
import type { Jump } from './code-editor.tsx';
import { wordsOf } from './completion-words.ts';
import { DraftFileList } from './draft-file-list.tsx';
import { withText } from './draft-files.ts';
import { DraftHead } from './draft-head.tsx';
import { BaseMoved, DraftMoved, SaveFailed } from './draft-notices.tsx';
import { LazyEditor } from './lazy-code.tsx';
import { LeaveGuard } from './leave-guard.tsx';
import classes from './narrow.module.css';
import { ProblemPanel } from './problem-panel.tsx';
import { mergeProblems, type ReadDraft, readDraft } from './read-draft.ts';
import { RulePanel } from './rule-panel.tsx';
import { type DraftEdits, useDraftEdits } from './use-draft-edits.ts';
import { useMayEdit } from './use-may-edit.ts';

/** Where a draft is worked on. */
export function DraftDesk({ known }: { readonly known: Draft }) {
  const edits = useDraftEdits(known);
  const mayEdit = useMayEdit();
  const save = () => {
    if (edits.changed && mayEdit) edits.save({ files: edits.files, over: edits.loaded });
  };
  return (
    <Flex direction="column" h="calc(100dvh - var(--app-shell-header-height))" p="md" gap="sm">
      <DraftHead edits={edits} mayEdit={mayEdit} onSave={save} />
      <Stack gap="xs">
        <DraftMoved edits={edits} />
        <BaseMoved edits={edits} mayEdit={mayEdit} />
        <SaveFailed edits={edits} />
      </Stack>
      <Desk edits={edits} mayEdit={mayEdit} onSave={save} />
      <LeaveGuard changed={edits.changed} name={known.name} />
    </Flex>
  );
}

type DeskProps = { readonly edits: DraftEdits; readonly mayEdit: boolean; readonly onSave: () => void };

function Desk({ edits, mayEdit, onSave }: DeskProps) {
  const { files, edit } = edits;
  const { open, jump, choose, goTo } = useOpenFile();
  const [line, setLine] = useState(1);
  const file = files.find(({ path }) => path === open) ?? files[0];
  const read = useRead(files);
  const problems = useProblems(edits, read);
  const words = useWords(read);
  return (
    <>
      <Flex
        flex={1}
        mih={260}
        className={classes.desk}
        style={{ border, borderRadius: 'var(--mantine-radius-md)', overflow: 'hidden' }}
      >
        <Box className={classes.files}>
          <DraftFileList {...{ edits, problems, mayEdit }} active={file?.path ?? null} onChoose={choose} />
        </Box>
        <Box flex={1} miw={0}>
          {file !== undefined && (
            <LazyEditor
              {...{ problems, words, jump, onSave }}
              path={file.path}
              text={file.text}
              readOnly={!mayEdit}
              onEdit={(text) => edit(withText(files, file.path, text))}
              onLine={setLine}
            />
          )}
        </Box>
        <Box w={320} visibleFrom="md" style={{ flexShrink: 0, borderLeft: border, overflow: 'auto' }}>
          {file !== undefined && <RulePanel read={read} path={file.path} line={line} onGo={goTo} />}
        </Box>
      </Flex>
      <ProblemPanel {...{ problems, files }} isChanged={edits.changed} onGo={goTo} />
    </>
  );
}

/** The open file is part of the address; so is a line that a link leads to. */
function useOpenFile() {
  const { file, line } = useSearch({ from: '/inside/policy/$draft' });
  const navigate = useNavigate({ from: '/policy/$draft' });
  const [jump, setJump] = useState<Jump | null>(() =>
    file === undefined || line === undefined ? null : { path: file, line, column: 1 },
  );
  const open = (path: string, next: Jump | null) => {
    setJump(next);
    void navigate({ search: { file: path }, replace: true });
  };
  return {
    open: file,
    jump,
    choose: (path: string) => open(path, null),
    goTo: (place: Jump) => open(place.path, { ...place }),
  };
}

const border = '1px solid var(--mantine-color-default-border)';
const readAfterMilliseconds = 250;

/** Reading everything at every letter would be felt in a large policy. */
function useRead(files: readonly PolicyFile[]): ReadDraft {
  const [settled] = useDebouncedValue(files, readAfterMilliseconds);
  return useMemo(() => readDraft(settled), [settled]);
}

/** What the controller said holds for what is saved only. */
function useProblems({ loaded, changed, moved }: DraftEdits, { problems: read }: ReadDraft) {
  const asked = changed || moved !== null ? null : loaded.problems;
  return useMemo(() => mergeProblems({ read: asked === null ? read : [], asked: asked ?? [] }), [read, asked]);
}

function useWords({ documents }: ReadDraft) {
  const workloads = useQuery(workloadsQuery).data?.items;
  return useMemo(() => wordsOf(documents, workloads ?? []), [documents, workloads]);
}
