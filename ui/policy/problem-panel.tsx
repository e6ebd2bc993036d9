import type { Problem } from '@bulkhead/model/problem.ts';
import { Box, Group, Paper, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import type { PolicyFile } from '../api/types.ts';
import type { Jump } from './code-editor.tsx';
import { plural } from './preview-text.ts';

type Props = {
  readonly problems: readonly Problem[];
  readonly files: readonly PolicyFile[];
  /** Not saved: only what the text by itself says is known. */
  readonly isChanged: boolean;
  readonly onGo: (place: Jump) => void;
};

/** More than a person mends before looking again. */
const shownMost = 200;

export function ProblemPanel({ problems, files, isChanged, onGo }: Props) {
  const paths = new Set(files.map(({ path }) => path));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const rest = problems.length - shownMost;
  return (
    <Paper withBorder component="section" aria-label="Problems">
      <Group px="sm" py={6} gap="xs" role="status">
        {problems.length === 0 && <IconCircleCheck size={18} color="var(--mantine-color-teal-text)" />}
        <Text size="sm" fw={600}>
          {problems.length === 0
            ? 'No problems'
            : `${plural(errors, 'error')}, ${plural(problems.length - errors, 'warning')}`}
        </Text>
        <Text size="xs" c="dimmed">
          {isChanged ? 'read here; saving checks it against the estate' : 'checked against the estate'}
        </Text>
      </Group>
      {problems.length > 0 && (
        <Box mah={190} pb={4} style={{ overflow: 'auto' }}>
          <Stack gap={0}>
            {problems.slice(0, shownMost).map((problem, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: problems have no name, and rows hold no state
              <ProblemRow key={index} problem={problem} onGo={paths.has(problem.place?.file ?? '') ? onGo : null} />
            ))}
            {rest > 0 && (
              <Text size="xs" c="dimmed" px="sm" py={4}>
                and {rest} more
              </Text>
            )}
          </Stack>
        </Box>
      )}
    </Paper>
  );
}

type RowProps = {
  readonly problem: Problem;
  /** Null: its place is not in the draft, as with problems of the estate. */
  readonly onGo: ((place: Jump) => void) | null;
};

export function ProblemRow({ problem: { severity, code, message, hint, place }, onGo }: RowProps) {
  const go = () => {
    if (place !== null) onGo?.({ path: place.file, line: place.line, column: place.column });
  };
  return (
    <UnstyledButton px="sm" py={4} onClick={go} disabled={place === null || onGo === null}>
      <Group gap="xs" wrap="nowrap" align="start">
        {severity === 'error' ? (
          <IconCircleX size={18} color="var(--mantine-color-red-text)" aria-label="error" style={iconStyle} />
        ) : (
          <IconAlertTriangle
            size={18}
            color="var(--mantine-color-orange-text)"
            aria-label="warning"
            style={iconStyle}
          />
        )}
        <div style={{ minWidth: 0 }}>
          <Text size="sm" lineClamp={3} title={message}>
            <span className="name">{message}</span>
          </Text>
          {hint !== null && (
            <Text size="xs" c="dimmed" lineClamp={2}>
              <span className="name">{hint}</span>
            </Text>
          )}
        </div>
        <Text size="xs" c="dimmed" ff="monospace" ml="auto" ta="right" style={{ flexShrink: 0 }} maw="35%">
          {place !== null && (
            <span className="name">
              {place.file}:{place.line}:{place.column}{' '}
            </span>
          )}
          {code}
        </Text>
      </Group>
    </UnstyledButton>
  );
}

const iconStyle = { flexShrink: 0, marginTop: 1 };
