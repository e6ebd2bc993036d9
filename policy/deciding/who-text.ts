import type { Who } from '../probe.ts';

/** `/usr/bin/curl as ana served by postgresql.service`; empty for nobody. */
export function whoText({ fromProcess, toProcess, user }: Who): string {
  return [
    ...(fromProcess === undefined ? [] : [fromProcess]),
    ...(user === undefined ? [] : [`as ${user}`]),
    ...(toProcess === undefined ? [] : [`served by ${toProcess}`]),
  ].join(' ');
}
