/** A line of input without its newline; null where it was longer than `limit` characters and was dropped. */
export type Line = string | null;

/** Lines as they come, those that one piece completes together; the last one needs no newline. */
export async function* readLines(pieces: AsyncIterable<string>, limit: number): AsyncGenerator<readonly Line[]> {
  let rest = '';
  let dropping = false;
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) {
      const isOver = (line: string, index: number) => line.length > limit || (dropping && index === 0);
      yield lines.map((line, index) => (isOver(line, index) ? null : withoutReturn(line)));
      dropping = false;
    }
    // A line without an end must not fill the memory: what is over the limit is forgotten, and it is one bad line.
    if (rest.length > limit) dropping = true;
    if (dropping) rest = '';
  }
  if (dropping || rest !== '') yield [dropping ? null : rest];
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
