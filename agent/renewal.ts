import { X509Certificate } from 'node:crypto';
import { errorText } from './atomic-file.ts';
import type { AgentDirectory } from './directory.ts';
import { type Identity, stageRenewed, switchToRenewed } from './identity.ts';
import type { Log } from './log.ts';
import type { Problems } from './problems.ts';
import { type RenewOutcome, renew } from './renew.ts';

/** `until` in ISO 8601; `problem` says what somebody has to do, null: nothing. */
export type CertificateState = { readonly until: string; readonly problem: string | null };

export type RenewalParts = {
  readonly identity: Identity;
  readonly directory: AgentDirectory;
  readonly problems: Problems;
  readonly log: Log;
  readonly clock: () => number;
  readonly random: () => number;
  /** The identity to go on with; it is on disk. */
  readonly renewed: (identity: Identity) => void;
  /** What `state` says is another than before. */
  readonly changed: () => void;
};

/** Looked at again at least this often (milliseconds), because clocks are set and machines sleep. */
const longestLook = 60_000;
const firstRetry = 1000;
const longestRetry = 3_600_000;

/** Keeps the client certificate good: a third before its end it is traded for a new one, with a new key. */
export class Renewal {
  readonly #parts: RenewalParts;
  #identity: Identity;
  #validity: Validity;
  #due: number;
  #failures = 0;
  #expired = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
    this.#identity = parts.identity;
    this.#validity = validityOf(parts.identity.certificate);
    this.#due = renewalTime(this.#validity, parts.random);
  }

  get state(): CertificateState {
    return { until: isoTime(this.#validity.until), problem: this.#expired ? this.#expiredText() : null };
  }

  start(): void {
    void this.look().then((wait) => {
      if (!this.#stopped) this.#timer = setTimeout(() => this.start(), wait);
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Does what is due; answers how many milliseconds to wait before the next look. */
  async look(): Promise<number> {
    const now = this.#parts.clock();
    this.#noteExpiry(now >= this.#validity.until);
    if (this.#expired) return longestLook;
    if (now < this.#due) return Math.min(this.#due - now, longestLook);
    const outcome = await renew(this.#identity, now);
    // Enforcement goes on whatever comes back; an answer that comes too late is as good as a lost one.
    if (this.#stopped) return longestLook;
    const failed = outcome.kind === 'renewed' ? this.#take(outcome, now) : outcome.message;
    if (failed !== null) return this.#retry(failed);
    return Math.min(Math.max(this.#due - now, 0), longestLook);
  }

  /** Null, or why the pair could not be kept; then the old one stays in use. */
  #take({ pair }: Extract<RenewOutcome, { kind: 'renewed' }>, now: number): string | null {
    const { directory, problems, log, random } = this.#parts;
    try {
      stageRenewed(directory, pair);
    } catch (error) {
      return `Cannot renew: the new key cannot be written: ${errorText(error)}, free space is needed`;
    }
    this.#identity = { ...this.#identity, ...pair };
    this.#validity = validityOf(pair.certificate);
    // Never at once again, also where the clocks of controller and host are far apart.
    this.#due = Math.max(renewalTime(this.#validity, random), now + lifetimeOf(this.#validity) / 10);
    this.#failures = 0;
    problems.clear('renewal');
    log('info', 'Renewed the certificate', { until: isoTime(this.#validity.until) });
    finishRenewal(directory, log);
    this.#parts.renewed(this.#identity);
    this.#parts.changed();
    return null;
  }

  #retry(why: string): number {
    const { problems, clock, random } = this.#parts;
    const { until } = this.#validity;
    problems.set('renewal', `${why}; the certificate is good until ${isoTime(until)}`);
    return retryWait({ failures: this.#failures++, left: until - clock(), random });
  }

  #noteExpiry(expired: boolean): void {
    const { problems, changed } = this.#parts;
    if (expired === this.#expired) return;
    this.#expired = expired;
    problems.clear('renewal');
    if (expired) problems.set('certificate', this.#expiredText());
    else problems.clear('certificate');
    changed();
  }

  #expiredText(): string {
    const { workload } = this.#identity;
    return (
      `Cannot open a session as "${workload}": the certificate expired at ${isoTime(this.#validity.until)}, ` +
      `enrol again with a new pairing key (bulkhead pairing-key create --name ${workload} --replace); ` +
      'what is loaded stays enforced'
    );
  }
}

/** The staged pair counts already: a disk that is full now may take the two files at the next start. */
export function finishRenewal(directory: AgentDirectory, log: Log): void {
  try {
    switchToRenewed(directory);
  } catch (error) {
    log('warn', `Cannot put the renewed certificate in its place yet: ${errorText(error)}`);
  }
}

/** Milliseconds since the epoch. */
export type Validity = { readonly from: number; readonly until: number };

export function validityOf(certificate: string): Validity {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { from: validFromDate.getTime(), until: validToDate.getTime() };
}

const lifetimeOf = ({ from, until }: Validity): number => until - from;

/**
 * When a third of the lifetime is left, or up to a twentieth of it earlier: hosts that enrolled together do not come
 * together.
 */
export function renewalTime(validity: Validity, random: () => number): number {
  const lifetime = lifetimeOf(validity);
  return Math.floor(validity.until - lifetime / 3 - (random() * lifetime) / 20);
}

type Retry = { readonly failures: number; readonly left: number; readonly random: () => number };

/** Twice as long after each failure, up to an hour, and never more than a quarter of the time that is left. */
export function retryWait({ failures, left, random }: Retry): number {
  const most = Math.min(longestRetry, firstRetry * 2 ** Math.min(failures, 16), Math.max(left / 4, 200));
  return most / 2 + (random() * most) / 2;
}

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();
