import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';

export function WorkloadLink({ name }: { readonly name: string }) {
  return (
    <Anchor size="sm" fw={600} renderRoot={(props) => <Link to="/workloads/$name" params={{ name }} {...props} />}>
      <span className="name">{name}</span>
    </Anchor>
  );
}
