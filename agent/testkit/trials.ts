import type { BackEnd, Done } from '@bulkhead/enforce/back-end.ts';
import type { Reach } from '@bulkhead/wire/messages.ts';
import { Trials } from '../trials.ts';

/** Trials on a path of whose network the test says who answers; its clock moves by what attempts take. */
export function trialsAt(path: string, kernel: BackEnd, answers: (to: Reach) => boolean = () => true) {
  const [attempts, watchdogs] = [[] as string[], [] as number[]];
  let [now, watchdog]: [number, Done<null>] = [0, { kind: 'done', value: null }];
  const trials = new Trials({
    path,
    kernel,
    clock: () => now,
    startWatchdog: async (seconds) => {
      watchdogs.push(seconds);
      return watchdog;
    },
    connect: async (to, milliseconds) => {
      attempts.push(`${to.address}:${to.port}`);
      const answered = answers(to);
      now += answered ? 1 : milliseconds;
      return answered;
    },
  });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  const refuseWatchdogs = (message: string) => {
    watchdog = { kind: 'failed', code: 'enforce-missing', message };
  };
  return { trials, attempts, watchdogs, pass, refuseWatchdogs };
}
