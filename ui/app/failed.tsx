import { Button, Center, Code, Stack, Text, Title } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { ApiProblem } from '../api/client.ts';

/** A page that could not be shown: what was said, and a way on. */
export function Failed({ error, reset }: ErrorComponentProps) {
  return (
    <Center mih="60vh" p="lg">
      <Stack maw={520} role="alert">
        <Title order={2}>
          {error instanceof ApiProblem ? 'The controller did not answer this' : 'This page failed'}
        </Title>
        <Text>{error instanceof Error ? error.message : String(error)}</Text>
        {error instanceof ApiProblem && <Code>{error.code}</Code>}
        <Button onClick={reset} w="fit-content">
          Try again
        </Button>
      </Stack>
    </Center>
  );
}

export function NotFound() {
  return (
    <Center mih="60vh" p="lg">
      <Stack maw={520}>
        <Title order={2}>Nothing is here</Title>
        <Text>This address is not a page of the console.</Text>
        <Button component={Link} to="/map" w="fit-content">
          To the map
        </Button>
      </Stack>
    </Center>
  );
}
