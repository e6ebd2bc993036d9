import type { Failure } from '../back-end.ts';

/**
 * Elements that are sent at once: with the longest comments about 130 kB, which is below the 208 kB that a socket may send
 * where the host does not let us ask for more, as in an unprivileged user namespace.
 */
export const chunkElements = 500;

/** The kernel did not take it as one message, and took nothing of it. */
export const isTooLong = ({ message }: Failure): boolean =>
  message.includes('Message too long') || message.includes('No buffer space available');

/** The same again may work. */
export const isInterrupted = ({ message }: Failure): boolean =>
  message.includes('Interrupted system call') || message.includes('Resource temporarily unavailable');

/**
 * A script of ours in several that do the same: all but the elements first, then the elements.
 * Only for what nothing uses yet, such as the copy that is being prepared: between two of them maps hold a part.
 */
export function inChunks(script: string, table: string, most = chunkElements): string[] {
  const rest: string[] = [];
  const chunks: string[] = [];
  let [map, elements, inside]: [string, string[], boolean] = ['', [], false];
  for (const line of script.split('\n')) {
    const [, named] = /^\t(?:map|set) (\S+) \{$/.exec(line) ?? [];
    if (named !== undefined) map = named;
    if (line === elementsBegin) inside = true;
    else if (inside && line === elementsEnd) {
      chunks.push(...chunksOf(elements, most).map((some) => addScript(table, map, some)));
      [elements, inside] = [[], false];
    } else if (inside) elements.push(line);
    else rest.push(line);
  }
  return [rest.join('\n'), ...chunks];
}

const [elementsBegin, elementsEnd] = ['\t\telements = {', '\t\t}'];

const addScript = (table: string, map: string, lines: readonly string[]): string =>
  [`add element inet ${table} ${map} {`, ...lines, '}', ''].join('\n');

function chunksOf(lines: readonly string[], most: number): (readonly string[])[] {
  return Array.from({ length: Math.ceil(lines.length / most) }, (_, n) => lines.slice(n * most, (n + 1) * most));
}
