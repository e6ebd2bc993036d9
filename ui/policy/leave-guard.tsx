import { Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { Confirm } from './confirm.tsx';

/** Asks before edits that are not saved are left, inside the console and by closing the page. */
export function LeaveGuard({ changed, name }: { readonly changed: boolean; readonly name: string }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => changed && current.pathname !== next.pathname,
    enableBeforeUnload: changed,
    withResolver: true,
  });
  if (status !== 'blocked') return null;
  return (
    <Confirm
      title="Leave without saving?"
      opened
      onClose={reset}
      action="Leave, lose the edits"
      danger
      onConfirm={proceed}
    >
      <Text size="sm">
        What you changed in <b className="name">{name}</b> since it was saved is kept nowhere else.
      </Text>
    </Confirm>
  );
}
