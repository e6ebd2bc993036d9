import { Code } from '@mantine/core';
import { Empty } from './page-frame.tsx';

/** The first steps, for whoever has just signed in to an empty console. */
export function NoWorkload() {
  return (
    <Empty title="No workload yet">
      Make a pairing key with <Code>./bulkhead pairing-key create</Code> on this machine, and start an agent with it on
      a host. The host appears here by itself, and its traffic within two seconds.
    </Empty>
  );
}
