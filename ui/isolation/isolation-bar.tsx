import { Anchor, Group, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { IsolationSummary } from './isolation-types.ts';
import { someOf, subjectText } from './isolation-words.ts';

type Props = { readonly isolations: readonly IsolationSummary[]; readonly height: number };

/** In the head of every page while something is isolated: nobody is to wonder why something does not answer. */
export function IsolationBar({ isolations, height }: Props) {
  return (
    <Group h={height} px="md" gap="xs" wrap="nowrap" bg="red.1" c="black" role="status" aria-label="Isolated">
      <IconLock size={20} style={{ flex: 'none' }} />
      <Text size="xs" lineClamp={2} style={{ flex: 1 }}>
        <b>Isolated</b>: <span className="name">{someOf(isolations.map(subjectText))}</span>
      </Text>
      <Anchor size="xs" c="black" td="underline" renderRoot={(props) => <Link to="/isolations" {...props} />}>
        Show
      </Anchor>
    </Group>
  );
}
