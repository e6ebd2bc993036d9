/** A line of input without its newline; null where it was longer than `limit` characters and was dropped. */
export type Line = string | null;

/** Lines as they come, whatever pieces the text arrives in; the last one needs no newline. */
export async function* readLines(pieces: AsyncIterable<string>, limit: number): AsyncGenerator<Line> {
  let rest = '';
  let dropping = false;
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      yield dropping || line.length > limit ? null : line.replace(/\r$/, '');
      dropping = false;
    }
    // A line without an end must not fill the memory: what is over the limit is forgotten, and it is one bad line.
    if (rest.length > limit) dropping = true;
    if (dropping) rest = '';
  }
  if (dropping || rest !== '') yield dropping ? null : rest;
}
