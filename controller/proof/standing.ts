import type { HostNumbers } from '../provision/host-numbers.ts';
import { isWrong, type Probed, type ProofEntry } from './proof-book.ts';

/** SPEC PR5: milliseconds after which a proof is old: three statements, that come every ten seconds, were missed. */
export const freshFor = 30_000;
/** SPEC PR18: a clock that differs by more than this (milliseconds) is shown. */
const clockTolerance = 5 * 60_000;

/** What stands of one workload at one moment. Times are milliseconds since the epoch. */
export type Standing = {
  readonly state: 'proven' | 'old' | 'not proven';
  /** Null where it is proven. */
  readonly reason: string | null;
  /** Since when it is so; null: not known. */
  readonly since: number | null;
};

export type StandingInput = {
  readonly entry: ProofEntry;
  readonly meant: HostNumbers;
  /** The agent that speaks for it is in session. */
  readonly connected: boolean;
  /** When it was last heard of; null: never. */
  readonly seenAt: number | null;
  readonly now: number;
};

/** SPEC PR3, PR5, PR6. */
export function standingOf({ entry, meant, connected, seenAt, now }: StandingInput): Standing {
  const { latest, intended, refused, badSince } = entry;
  const notProven = (reason: string, since: number | null): Standing => ({ state: 'not proven', reason, since });
  const asked = intended?.generation === meant.generation ? intended.at : null;
  if (refused !== null && refused.at > (latest?.kept.receivedAt ?? 0)) return notProven(refused.message, refused.at);
  if (latest === null) {
    return connected ? notProven('its agent has made no statement yet', asked) : notProven(awayText, seenAt);
  }
  const { statement, kept } = latest;
  if (statement.generation !== meant.generation || statement.hash !== meant.hash) {
    const said = `generation ${meant.generation} is intended, generation ${statement.generation} is what it speaks of`;
    return notProven(connected ? said : `${said}; ${awayText}`, asked);
  }
  if (statement.outcome !== 'holds') {
    const what = statement.outcome === 'differs' ? 'the kernel differs' : 'the kernel was not read';
    return notProven(`${what}: ${statement.reason ?? 'no reason was given'}`, badSince);
  }
  const old = kept.receivedAt + freshFor;
  if (now <= old) return { state: 'proven', reason: null, since: kept.receivedAt };
  return { state: 'old', reason: connected ? 'its agent says nothing any more' : awayText, since: old };
}

const awayText = 'its agent is not in session';

/** How far the host's clock is ahead (milliseconds); null: near enough, or not known. */
export function clockAhead({ latest }: ProofEntry): number | null {
  if (latest === null) return null;
  const ahead = latest.statement.at - latest.kept.receivedAt;
  return Math.abs(ahead) > clockTolerance ? ahead : null;
}

export type ProbeCount = { readonly tried: number; readonly asExpected: number; readonly undecided: number };

/** SPEC PR4, PR24, PR25. */
export function probeCounts(probed: readonly Probed[], expected: 'closed' | 'open'): ProbeCount {
  const cells = probed.filter((one) => one.expected === expected);
  const undecided = cells.filter(({ found }) => found === 'undecided').length;
  return { tried: cells.length, asExpected: cells.filter((one) => one.found === expected).length, undecided };
}

export const wrongProbes = ({ probed }: ProofEntry): Probed[] => probed.filter(isWrong);

/** One line for people about a cell that is not as it must be. */
export function alarmText({ from, address, service, expected, found, seen }: Probed): string {
  return `${service} at ${address} must be ${expected} from ${from} and is ${found}: ${seen}`;
}
