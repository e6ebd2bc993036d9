import { Anchor, Code, Text } from '@mantine/core';
import type { MouseEvent } from 'react';

type Props = { readonly name: string; readonly href: string; readonly onGo: () => void };

/** Which rule was added, and the way to it. */
export function AddedNotice({ name, href, onGo }: Props) {
  const follow = (event: MouseEvent) => {
    // Whoever wants it in another window gets it there.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onGo();
  };
  return (
    <Text size="sm" c="var(--mantine-color-text)">
      <Code className="name">{name}</Code> changes nothing until the draft is provisioned.{' '}
      <Anchor size="sm" underline="always" href={href} onClick={follow}>
        Open it there
      </Anchor>
    </Text>
  );
}
