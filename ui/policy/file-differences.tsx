import { Badge, Box, Group, Paper, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { PolicyFile } from '../api/types.ts';
import { Empty } from '../pages/page-frame.tsx';
import { compareFiles, type FileChange } from './draft-files.ts';
import { type DiffLine, diffLines, type Hunk, hunksOf } from './line-diff.ts';

type Props = { readonly before: readonly PolicyFile[]; readonly after: readonly PolicyFile[] };

/** Which lines of which files differ. */
export function FileDifferences({ before, after }: Props) {
  const changed = [...compareFiles(before, after)].filter(([, change]) => change !== 'same');
  if (changed.length === 0) return <Empty title="The files are the same">Only labels may differ.</Empty>;
  const textOf = (files: readonly PolicyFile[], path: string) => files.find((file) => file.path === path)?.text ?? '';
  return (
    <Stack>
      {changed.map(([path, change]) => (
        <FileDifference key={path} {...{ path, change }} before={textOf(before, path)} after={textOf(after, path)} />
      ))}
    </Stack>
  );
}

type FileProps = {
  readonly path: string;
  readonly change: FileChange;
  readonly before: string;
  readonly after: string;
};

const changeColors: Readonly<Record<FileChange, string>> = {
  same: 'gray',
  changed: 'blue',
  added: 'teal',
  removed: 'red',
};

/** Lines of one file that are put into the page. */
const shownMost = 2000;

function FileDifference({ path, change, before, after }: FileProps) {
  const hunks = useMemo(() => hunksOf(diffLines(before, after)), [before, after]);
  const lines = hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  return (
    <Paper withBorder component="section" aria-label={`Difference of ${path}`} style={{ overflow: 'hidden' }}>
      <Group px="sm" py="xs" gap="xs">
        <Text size="sm" fw={600} ff="monospace" truncate title={path}>
          <span className="name">{path}</span>
        </Text>
        <Badge variant="light" color={changeColors[change]}>
          {change}
        </Badge>
      </Group>
      <Box style={{ overflow: 'auto' }} mah={560} tabIndex={0}>
        {bounded(hunks).map((hunk) => (
          <HunkLines key={hunkKey(hunk)} hunk={hunk} />
        ))}
        {lines > shownMost && (
          <Text size="xs" c="dimmed" p="xs">
            and {lines - shownMost} more lines
          </Text>
        )}
      </Box>
    </Paper>
  );
}

const hunkKey = ({ lines: [first] }: Hunk): string => `${first?.before} ${first?.after}`;

function bounded(hunks: readonly Hunk[]): readonly Hunk[] {
  let left = shownMost;
  return hunks.flatMap(({ skipped, lines }) => {
    const shown = lines.slice(0, Math.max(0, left));
    left -= lines.length;
    return shown.length === 0 ? [] : [{ skipped, lines: shown }];
  });
}

function HunkLines({ hunk: { skipped, lines } }: { readonly hunk: Hunk }) {
  return (
    <>
      {skipped > 0 && (
        <Text size="xs" c="dimmed" px="sm" py={4} bg="var(--mantine-color-default-hover)">
          {skipped} lines as they were
        </Text>
      )}
      {lines.map((line) => (
        <Line key={`${line.before} ${line.after}`} line={line} />
      ))}
    </>
  );
}

const marks = { same: ' ', removed: '-', added: '+' } as const;
const backgrounds = {
  same: 'transparent',
  removed: 'color-mix(in srgb, var(--mantine-color-red-light) 55%, transparent)',
  added: 'color-mix(in srgb, var(--mantine-color-teal-light) 55%, transparent)',
} as const;

function Line({ line: { kind, text, before, after } }: { readonly line: DiffLine }) {
  return (
    <Group gap={0} wrap="nowrap" bg={backgrounds[kind]} align="start" ff="monospace" fz={13} lh={1.6}>
      <LineNumber number={before} />
      <LineNumber number={after} />
      <Box w={24} ta="center" style={{ flexShrink: 0 }}>
        {marks[kind]}
      </Box>
      <Box style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', unicodeBidi: 'isolate' }}>{text}</Box>
    </Group>
  );
}

function LineNumber({ number }: { readonly number: number | null }) {
  return (
    <Box w={44} ta="right" pr={6} c="dimmed" fz={11} style={{ flexShrink: 0, userSelect: 'none' }}>
      {number}
    </Box>
  );
}
