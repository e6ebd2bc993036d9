import { Badge, Group } from '@mantine/core';

/** Labels as the policy names them; their text is cut only for the eye. */
export function LabelBadges({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  return (
    <Group gap={4}>
      {Object.entries(labels).map(([key, value]) => (
        <Badge key={key} variant="light" color="gray" tt="none" fw={500} maw={240} title={`${key}=${value}`}>
          <span className="name">
            {key}={value}
          </span>
        </Badge>
      ))}
    </Group>
  );
}
