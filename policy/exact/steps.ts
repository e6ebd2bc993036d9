/** How far a long answer has come, in ends that are looked at. */
export type Progress = { readonly done: number; readonly of: number };

/** Ends between two reports of progress: some milliseconds. */
export const stride = 256;

/** The answer at once, without the stops. */
export function runSteps<T>(steps: Generator<Progress, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
