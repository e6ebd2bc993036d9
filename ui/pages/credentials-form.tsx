import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';

export type Credentials = { readonly name: string; readonly password: string };

type Props = {
  readonly title: string;
  readonly text: ReactNode;
  readonly action: string;
  /** Whose password it is, when that is settled. */
  readonly name?: string | null;
  /** A password that is made here, and not only asked for. */
  readonly makes: boolean;
  readonly busy: boolean;
  readonly problem: string | null;
  readonly onSubmit: (credentials: Credentials) => void;
};

/** Name and password, for signing in and for the first administrator. */
export function CredentialsForm({ title, text, action, name: given, makes, busy, problem, onSubmit }: Props) {
  const [name, setName] = useState(given ?? '');
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ name, password });
  };
  return (
    <Center mih="100vh" p="md" bg="light-dark(var(--mantine-color-gray-1), var(--mantine-color-dark-9))">
      <Paper component="main" withBorder shadow="sm" p="xl" w="100%" maw={400}>
        <form onSubmit={submit}>
          <Stack>
            <img src="/favicon.svg" alt="" width={40} height={40} />
            <Title order={1} size="h3">
              {title}
            </Title>
            <Text c="dimmed" size="sm">
              {text}
            </Text>
            {problem !== null && (
              <Alert color="red" role="alert">
                {problem}
              </Alert>
            )}
            <TextInput
              label="Name"
              value={name}
              onChange={(event) => setName(event.target.value)}
              required
              readOnly={given != null}
              autoFocus={given == null}
              autoComplete="username"
              maxLength={64}
            />
            <PasswordInput
              label="Password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              required
              autoFocus={given != null}
              minLength={makes ? 12 : 1}
              maxLength={1024}
              autoComplete={makes ? 'new-password' : 'current-password'}
              description={makes ? 'At least 12 characters' : undefined}
              visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
            />
            <Button type="submit" loading={busy}>
              {action}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
