/** Says once a second how far something has got, and once at its end; `done` counts up to `total`. */
export type Step = { readonly add: (more: number) => void; readonly end: () => void };
export type Progress = (what: string, total: number) => Step;

const everyMilliseconds = 1000;

export function progressTo(write: (line: string) => void, clock: () => number): Progress {
  const began = clock();
  return (what, total) => {
    const started = clock();
    let [done, said] = [0, started];
    const say = (): void => {
      said = clock();
      const rate = (done * 1000) / Math.max(1, said - started);
      write(`${((said - began) / 1000).toFixed(1)} s  ${what} ${done} of ${total}, ${rate.toFixed(0)}/s\n`);
    };
    return {
      add: (more) => {
        done += more;
        if (clock() - said >= everyMilliseconds) say();
      },
      end: say,
    };
  };
}
