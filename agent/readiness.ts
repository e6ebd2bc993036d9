import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { readFileIfPresent, replaceFile } from './atomic-file.ts';
import type { CertificateState } from './renewal.ts';

/** What the agent on this host says about itself in `state.json`, for `--wait-ready` and for people. */
export type AgentState = {
  readonly pid: number;
  readonly workload: string | null;
  readonly connected: boolean;
  readonly generation: number | null;
  readonly hash: string | null;
  readonly proven: boolean;
  /** Null while this host is not enrolled. */
  readonly certificate: CertificateState | null;
  /** Why the controller lets this host open no session; null: it does, or does not answer. */
  readonly refused: string | null;
  /** What is wrong here at the moment, as the controller is told. */
  readonly problems: readonly string[];
};

/** The controller is there, and the kernel holds - seen by reading it back - what it last sent. */
export const isReady = (state: AgentState): boolean => state.connected && state.generation !== null && state.proven;

export function agentState(
  held: HostRuleset | null,
  rest: Pick<AgentState, 'pid' | 'workload' | 'connected' | 'proven' | 'certificate' | 'refused' | 'problems'>,
): AgentState {
  return { ...rest, generation: held?.generation ?? null, hash: held?.hash ?? null };
}

/** Throws on a full disk. */
export function writeState(path: string, state: AgentState): void {
  replaceFile(path, `${JSON.stringify({ ready: isReady(state), ...state })}\n`);
}

/** Null when no agent has said anything, or the one that did is gone. */
export function readState(path: string, isAlive: (pid: number) => boolean): AgentState | null {
  try {
    const state = JSON.parse(readFileIfPresent(path) ?? 'null') as AgentState | null;
    return state !== null && Number.isInteger(state.pid) && isAlive(state.pid) ? state : null;
  } catch {
    // Only our own writer replaces the file, whole: anything else is nobody's state.
    return null;
  }
}
