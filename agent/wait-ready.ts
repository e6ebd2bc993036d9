import { type AgentState, isReady, readState } from './readiness.ts';

const pollMilliseconds = 100;

/** 0 once the agent on this host is ready, 3 when it is not in time. */
export async function waitReady(
  path: string,
  timeoutSeconds: number,
  answer: (text: string, value: object) => void,
): Promise<number> {
  const end = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const state = readState(path, isAlive);
    if (state !== null && isReady(state)) {
      answer(`Ready: ${state.workload} holds generation ${state.generation}, proven`, { ready: true, ...state });
      return 0;
    }
    if (Date.now() >= end) {
      const why = state === null ? 'no agent runs here' : whyNot(state);
      answer(`Not ready after ${timeoutSeconds} s: ${why}`, { ready: false, why, ...state });
      return 3;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
}

function whyNot({ connected, certificate, refused }: AgentState): string {
  return connected ? 'nothing is proven yet' : (certificate?.problem ?? refused ?? 'the controller is away');
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
