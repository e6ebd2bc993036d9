import { Box, Group, NavLink, Paper, ScrollArea, Text } from '@mantine/core';
import { IconFile } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { PolicyFile } from '../api/types.ts';
import { LazyText } from './lazy-code.tsx';

type Props = { readonly files: readonly PolicyFile[]; readonly height: number | string };

/** Files of a policy that nobody changes here. */
export function FileReader({ files, height }: Props) {
  const [chosen, setChosen] = useState<string | null>(null);
  const file = files.find(({ path }) => path === chosen) ?? files[0];
  if (file === undefined) return <Text c="dimmed">It has no files.</Text>;
  return (
    <SplitPane
      height={height}
      side={files.map(({ path }) => (
        <FileLink key={path} path={path} active={path === file.path} onChoose={() => setChosen(path)} />
      ))}
    >
      <LazyText path={file.path} text={file.text} />
    </SplitPane>
  );
}

type SplitProps = { readonly height: number | string; readonly side: ReactNode; readonly children: ReactNode };

export function SplitPane({ height, side, children }: SplitProps) {
  return (
    <Paper withBorder style={{ overflow: 'hidden' }}>
      <Group gap={0} wrap="nowrap" align="stretch" h={height}>
        <ScrollArea
          w={220}
          p={6}
          style={{ flexShrink: 0, borderRight: '1px solid var(--mantine-color-default-border)' }}
        >
          {side}
        </ScrollArea>
        <Box flex={1} miw={0}>
          {children}
        </Box>
      </Group>
    </Paper>
  );
}

type LinkProps = {
  readonly path: string;
  readonly active: boolean;
  readonly mark?: ReactNode;
  readonly onChoose: () => void;
};

export function FileLink({ path, active, mark, onChoose }: LinkProps) {
  return (
    <NavLink
      component="button"
      active={active}
      aria-current={active ? 'true' : undefined}
      onClick={onChoose}
      leftSection={<IconFile size={16} />}
      rightSection={mark}
      title={path}
      label={
        <Text size="sm" truncate>
          <span className="name">{path}</span>
        </Text>
      }
    />
  );
}
