import { Alert, Anchor, List, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { DeniedGroup, RollBack } from '../api/policy-types.ts';
import { plural } from './preview-text.ts';

/** Why a version was taken back, with the flows that broke the budget. */
export function RolledBack({ rollBack }: { readonly rollBack: RollBack }) {
  const { version, equals, reason, groups, omitted } = rollBack;
  return (
    <Alert color="red" role="alert" title={`Rolled back: ${reason}`}>
      <Stack gap="xs">
        <Text size="sm">
          <Anchor
            size="sm"
            renderRoot={(props) => <Link to="/versions/$number" params={{ number: String(version) }} {...props} />}
          >
            Version {version}
          </Anchor>{' '}
          says again what version {equals} says, and hosts hold it. What this version says is kept and can be restored.
        </Text>
        <List size="sm" spacing={4}>
          {groups.map((group) => (
            <List.Item key={`${group.from} ${group.to} ${group.service}`}>
              <Group group={group} />
            </List.Item>
          ))}
        </List>
        {omitted > 0 && <Text size="sm">and {plural(omitted, 'group')} more</Text>}
      </Stack>
    </Alert>
  );
}

function Group({ group: { from, to, service, flows, attempts, examples } }: { readonly group: DeniedGroup }) {
  return (
    <>
      <Text size="sm" className="name">
        {from} → {to} {service}: {plural(flows, 'flow')}, {plural(attempts, 'attempt')}
      </Text>
      {examples.map((example) => (
        <Text key={`${example.from} ${example.to}`} size="sm" c="dimmed" className="name">
          {example.from} → {example.to}, denied by {example.reporter}:{' '}
          {example.rule === null ? 'no rule allows it' : `rule ${example.rule}`}
          {example.foreseen ? '; the preview said so' : '; this version allows it'}
        </Text>
      ))}
    </>
  );
}
