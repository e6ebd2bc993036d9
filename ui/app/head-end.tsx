import { Badge, Group, Tooltip } from '@mantine/core';
import type { LiveState } from '../api/follow-events.ts';
import { StatusStrip } from './status-strip.tsx';
import { useWhyNot } from './use-rights.ts';
import { UserMenu } from './user-menu.tsx';

export function HeadEnd({ live }: { readonly live: LiveState }) {
  return (
    <Group gap="md" wrap="nowrap">
      <StatusStrip live={live} />
      <ViewOnly />
      <UserMenu />
    </Group>
  );
}

function ViewOnly() {
  const whyNot = useWhyNot('edit');
  if (whyNot === null) return null;
  return (
    <Tooltip label={whyNot} multiline maw={320}>
      <Badge variant="light" color="gray" tabIndex={0} aria-label={`View only: ${whyNot}`} flex="none">
        view only
      </Badge>
    </Tooltip>
  );
}
