import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, askSeen, isDraftChanged, segment } from '../api/client.ts';
import { draftQuery } from '../api/queries.ts';
import type { Draft, PolicyFile } from '../api/types.ts';
import { sameFiles } from './draft-files.ts';

/** Files as they are edited, and the draft they were made from. */
type Edits = { readonly loaded: Draft; readonly files: readonly PolicyFile[] };

/** `over`: the state of the draft that may be overwritten. `base`: another version for it to be based on. */
export type Saving = {
  readonly files: readonly PolicyFile[];
  readonly over: Draft;
  readonly base?: number;
  readonly onSaved?: () => void;
};

/** Somebody else may have changed it in between, which is no failure. */
type Saved = { readonly kind: 'saved' | 'moved'; readonly draft: Draft };

export type DraftEdits = Edits & {
  readonly changed: boolean;
  /** The draft as somebody else left it since these edits began; null: nobody did. */
  readonly moved: Draft | null;
  readonly edit: (files: readonly PolicyFile[]) => void;
  readonly discard: () => void;
  readonly save: (saving: Saving) => void;
  readonly saving: boolean;
  readonly problem: Error | null;
};

/** `known`: the draft as the controller last showed it. Without edits it is what is seen. */
export function useDraftEdits(known: Draft): DraftEdits {
  const [edits, setEdits] = useState<Edits | null>(null);
  const { loaded, files } = edits ?? { loaded: known, files: known.files };
  const { mutate, isPending, error, reset } = useSave(known.name, (saved, sent) =>
    // What was typed while it was saved stays.
    setEdits((before) => (before === null || sameFiles(before.files, sent) ? null : { ...before, loaded: saved })),
  );
  return {
    loaded,
    files,
    changed: edits !== null,
    moved: known.revision === loaded.revision ? null : known,
    edit: (edited) => setEdits(sameFiles(edited, loaded.files) ? null : { loaded, files: edited }),
    discard: () => {
      reset();
      setEdits(null);
    },
    save: mutate,
    saving: isPending,
    problem: error,
  };
}

function useSave(name: string, saved: (draft: Draft, sent: readonly PolicyFile[]) => void) {
  const client = useQueryClient();
  const { queryKey } = draftQuery(name);
  return useMutation({
    mutationFn: async (saving: Saving) => {
      // An older answer that is still under way must not be taken for a change by somebody else.
      await client.cancelQueries({ queryKey });
      return saveDraft(name, saving);
    },
    onSuccess: ({ kind, draft }, { files, onSaved }) => {
      client.setQueryData(queryKey, draft);
      if (kind === 'moved') return;
      saved(draft, files);
      void client.invalidateQueries({ queryKey: ['drafts'], exact: true });
      onSaved?.();
    },
  });
}

/** A draft that is gone by now is no draft to show: the error says so. */
async function saveDraft(name: string, { files, over: { revision }, base }: Saving): Promise<Saved> {
  const path = `/drafts/${segment(name)}`;
  const body = base === undefined ? { files } : { files, base };
  try {
    return { kind: 'saved', draft: await askSeen<Draft>('PUT', path, { revision, body }) };
  } catch (error) {
    if (!isDraftChanged(error)) throw error;
    return { kind: 'moved', draft: await ask<Draft>('GET', path) };
  }
}
