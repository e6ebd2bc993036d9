/** By number: the positions of the lists that name it, ascending. A list that names it twice is there twice. */
export type Members = { readonly at: (number: number) => Int32Array };

/** `below`: the numbers are smaller; greater ones are in no list. */
export function invert(lists: readonly (readonly number[])[], below: number): Members {
  const starts = new Int32Array(below + 1);
  for (const list of lists) for (const number of list) starts[number + 1] = (starts[number + 1] as number) + 1;
  for (let number = 0; number < below; number++)
    starts[number + 1] = (starts[number + 1] as number) + (starts[number] as number);
  const positions = new Int32Array(starts[below] as number);
  const next = starts.slice();
  for (let position = 0; position < lists.length; position++) {
    for (const number of lists[position] as readonly number[]) {
      const at = next[number] as number;
      positions[at] = position;
      next[number] = at + 1;
    }
  }
  const none = new Int32Array(0);
  return {
    at: (number) => {
      if (number >= below) return none;
      const [start, end] = [starts[number] as number, starts[number + 1] as number];
      return start === end ? none : positions.subarray(start, end);
    },
  };
}
