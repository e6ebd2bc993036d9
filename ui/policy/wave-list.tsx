import { Badge, Group, Paper, Stack, Text } from '@mantine/core';
import type { Wave } from '../api/policy-types.ts';
import { TimeText } from '../pages/time-text.tsx';
import { plural } from './preview-text.ts';
import { waveText } from './provision-progress.ts';

/** Nothing where all hosts get the version at once. */
export function WaveList({ waves }: { readonly waves: readonly Wave[] }) {
  if (waves.length === 0) return null;
  return (
    <Paper withBorder p="md" component="section" aria-label="Waves">
      <Stack gap="xs">
        {waves.map((wave) => (
          <Group key={wave.wave} justify="space-between">
            <Group gap="xs">
              <Badge variant="light" color={colors[wave.state]} tt="none">
                {wave.wave === 1 ? 'Canary' : `Wave ${wave.wave}`}
              </Badge>
              <Text size="sm">
                {plural(wave.hosts, 'host')}: {waveText(wave)}
              </Text>
            </Group>
            {wave.state === 'watching' && wave.watchedUntil !== null && (
              <Text size="sm" c="dimmed">
                reports are watched until <TimeText at={wave.watchedUntil} />
              </Text>
            )}
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}

const colors = { running: 'blue', watching: 'blue', passed: 'teal', stopped: 'red' } as const;
