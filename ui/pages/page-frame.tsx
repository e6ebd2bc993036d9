import { Alert, Button, Container, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useTimeout } from '@mantine/hooks';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';

type FrameProps = {
  readonly title: string;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};

export function PageFrame({ title, about, actions, children }: FrameProps) {
  return (
    <Container size="xl" py="lg">
      <Stack>
        <Group justify="space-between" align="end">
          <div>
            <Title order={1} size="h2">
              {title}
            </Title>
            {about !== undefined && (
              <Text c="dimmed" size="sm">
                {about}
              </Text>
            )}
          </div>
          <Group>{actions}</Group>
        </Group>
        {children}
      </Stack>
    </Container>
  );
}

type LoadedProps<T> = { readonly query: UseQueryResult<T>; readonly children: (data: T) => ReactNode };

/** Waiting, failed, or there; old data stays in sight when asking again failed. */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const { data, error } = query;
  return (
    <>
      <Refused query={query} />
      {data === undefined && error === null && <Waiting />}
      {data !== undefined && children(data)}
    </>
  );
}

/** Why there is no answer, and asking again; nothing while there is one. */
export function Refused<T>({ query: { error, isFetching, refetch } }: { readonly query: UseQueryResult<T> }) {
  if (error === null) return null;
  return (
    <Alert color="red" title="Cannot show this now" role="alert">
      <Stack gap="xs">
        {error.message}
        <Button size="xs" variant="light" w="fit-content" loading={isFetching} onClick={() => void refetch()}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}

/** Milliseconds after which waiting is worth a word. */
const longWait = 4000;

function Waiting() {
  const [isLong, setLong] = useState(false);
  const { start, clear } = useTimeout(() => setLong(true), longWait);
  useEffect(() => {
    start();
    return clear;
  }, [start, clear]);
  return (
    <Stack aria-busy="true" aria-label="Loading" role="status">
      {isLong && <Text c="dimmed">The controller takes its time to answer this.</Text>}
      {[1, 2, 3, 4, 5].map((row) => (
        <Skeleton key={row} h={36} />
      ))}
    </Stack>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Stack align="center" py="xl" gap="xs">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text c="dimmed" maw={480} ta="center">
        {children}
      </Text>
    </Stack>
  );
}
