import { Card, Text } from '@mantine/core';
import type { ReactNode } from 'react';

type TileProps = { readonly title: string; readonly note?: ReactNode; readonly children: ReactNode };

/** One fact of many, with what is to be known of it below. */
export function Tile({ title, note, children }: TileProps) {
  return (
    <Card withBorder padding="sm">
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text fw={600} component="div">
        {children}
      </Text>
      {note !== undefined && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </Card>
  );
}
