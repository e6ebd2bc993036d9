import { Group } from '@mantine/core';
import type { LiveState } from '../api/live.ts';
import { StatusStrip } from './status-strip.tsx';
import { UserMenu } from './user-menu.tsx';

export function HeadEnd({ live }: { readonly live: LiveState }) {
  return (
    <Group gap="md" wrap="nowrap">
      <StatusStrip live={live} />
      <UserMenu />
    </Group>
  );
}
