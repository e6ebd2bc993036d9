/**
 * Loaded before a program of the product: its clock is an hour behind until the file says when the hour begins, then runs
 * fast until it is right. Its timers follow that clock. The kernel's clocks, TLS and other programs see nothing of it.
 */
import { readFileSync } from 'node:fs';

export const hour = 3_600_000;
/** Real milliseconds in which the hour passes. */
export const passesIn = 30_000;
/** Real milliseconds between looks at the clock by whoever waits. */
const look = 100;

/** `began`: when the hour began to pass, in real milliseconds; null: it has not. */
export const clockAt = (real: number, began: number | null): number =>
  real - hour + (began === null ? 0 : Math.min(hour, (Math.max(0, real - began) * hour) / passesIn));

function install(file: string): void {
  const real = Date.now;
  let [began, asked] = [null as number | null, 0];
  const now = (): number => {
    const at = real();
    if (began === null && at - asked >= look) {
      asked = at;
      began = readBegan(file);
    }
    return Math.floor(clockAt(at, began));
  };
  globalThis.Date = class extends Date {
    constructor(...given: readonly unknown[]) {
      super(...((given.length === 0 ? [now()] : given) as [number]));
    }
    static override now = now;
  } as DateConstructor;
  patchTimers(now);
}

function readBegan(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
}

type Task = (...given: unknown[]) => void;

/** A timer is a real one that is armed again until the clock says that its time has come. */
function patchTimers(now: () => number): void {
  const { setTimeout: arm } = globalThis;
  const repeat = (task: Task, milliseconds: number, again: boolean): NodeJS.Timeout => {
    let due = now() + milliseconds;
    const slice = () => Math.max(0, Math.min(look, due - now()));
    const timer = arm(function step() {
      if (now() < due) return void timer.refresh();
      if (again) {
        due = now() + milliseconds;
        timer.refresh();
      }
      task();
    }, slice());
    return timer;
  };
  const patched = (again: boolean) =>
    ((task: Task, milliseconds = 0, ...given: unknown[]) =>
      repeat(() => task(...given), milliseconds, again)) as unknown as typeof setTimeout;
  Object.assign(globalThis, { setTimeout: patched(false), setInterval: patched(true) });
}

const file = process.env.BULKHEAD_FAST_CLOCK;
if (file !== undefined) install(file);
