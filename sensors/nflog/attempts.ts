import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { Decision } from '@bulkhead/model/decision.ts';
import type { RuleId } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { type LogPrefix, parseLogPrefix } from './log-prefix.ts';
import { type Oriented, orient } from './orient.ts';
import type { LogRecord } from './record.ts';

export type AttemptsOptions = {
  readonly network: string;
  /** Of the host ruleset with that generation; null when it is no longer known, then the prefix says what it can. */
  readonly decisionOf: (generation: number, decision: number, place: number) => Decision | null;
  /** Whether an address is one of the guest's at this place; absent where a host has no guests. */
  readonly isGuest?: (place: number, address: Address) => boolean;
  readonly userName: (uid: number) => string | null;
  /** Told of every record of a connection that this host's own rules denied on its way out. */
  readonly denied?: (denial: {
    readonly peer: Address;
    readonly service: number;
    readonly rule: RuleId | null;
  }) => void;
  /** Distinct reports in one window, about 500 bytes each. */
  readonly mostReports?: number;
  /** Denied attempts remembered so that their repetition is not another attempt, about 200 bytes each. */
  readonly mostPending?: number;
};

/** What one window came to. */
export type Window = {
  readonly reports: readonly ConnectionReport[];
  /** Records that found no room: their attempts are in no report. */
  readonly overflow: number;
};

/** A denied connection is tried again for about two minutes, with at most 32 seconds between tries. */
const pendingMilliseconds = 60_000;
const syn = 0x02;
const ack = 0x10;
const mostKnownPrefixes = 4096;

type Report = { -readonly [K in keyof ConnectionReport]: ConnectionReport[K] };

/**
 * The kernel knows an allowed flow from its second packet on and logs it no more. Only what is denied repeats, and what
 * one end allowed whose other end is on this kernel too, and denied it.
 */
const mayRepeat = ({ direction }: LogRecord, { effective, place }: LogPrefix): boolean =>
  effective === 'deny' || place > 0 || direction === null;

/** Adds log records up to reports, window by window. */
export class Attempts {
  /** Records that our rules wrote, and others: since it was made. */
  received = 0;
  foreign = 0;
  readonly #options: AttemptsOptions;
  readonly #reports = new Map<string, Report>();
  readonly #pending = new Map<string, number>();
  readonly #prefixes = new Map<string, LogPrefix | null>();
  #overflow = 0;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  add(record: LogRecord): void {
    const prefix = this.#prefix(record.prefix);
    if (prefix === null) {
      this.foreign++;
      return;
    }
    this.received++;
    const { judged, place } = prefix;
    const isLocal = (address: Address) => this.#options.isGuest?.(place, address) ?? false;
    const oriented = orient(record, { judged, place, isLocal });
    const repeated = mayRepeat(record, prefix) && this.#isRepeated(record, { ...oriented, place });
    this.#count(record, prefix, oriented, repeated ? 0 : 1);
    if (prefix.effective !== 'deny' || oriented.direction !== 'outbound') return;
    this.#options.denied?.({ peer: oriented.peer, service: oriented.service, rule: prefix.rule });
  }

  /** Ends the window. */
  take(): Window {
    const window = { reports: [...this.#reports.values()], overflow: this.#overflow };
    this.#reports.clear();
    this.#overflow = 0;
    return window;
  }

  #prefix(text: string): LogPrefix | null {
    const known = this.#prefixes.get(text);
    if (known !== undefined) return known;
    if (this.#prefixes.size >= mostKnownPrefixes) this.#prefixes.clear();
    const parsed = parseLogPrefix(text);
    this.#prefixes.set(text, parsed);
    return parsed;
  }

  /**
   * A first packet with another sequence number is another attempt, even from the same port.
   */
  #isRepeated({ at, tcp }: LogRecord, end: Oriented & { readonly place: number }): boolean {
    const { direction, local, peer, service, clientPort, place } = end;
    const first = tcp !== null && (tcp.flags & (syn | ack)) === syn;
    const key = `${place}|${direction}|${local}|${peer}|${service}|${clientPort}|${first ? tcp.sequence : ''}`;
    const before = this.#pending.get(key);
    this.#pending.delete(key);
    this.#pending.set(key, at);
    if (this.#pending.size > (this.#options.mostPending ?? 16_384)) {
      for (const oldest of this.#pending.keys()) {
        this.#pending.delete(oldest);
        break;
      }
    }
    return before !== undefined && at - before < pendingMilliseconds;
  }

  #count(record: LogRecord, prefix: LogPrefix, oriented: Oriented, attempts: 0 | 1): void {
    const { direction, local, peer, service } = oriented;
    const key = `${direction}|${local}|${peer}|${service}|${record.prefix}|${record.uid}`;
    const report = this.#reports.get(key);
    if (report !== undefined) {
      report.first = Math.min(report.first, record.at);
      report.last = Math.max(report.last, record.at);
      report.count += attempts;
      report.records++;
      // A repetition of what an earlier window reported opens no report of its own.
    } else if (attempts > 0) {
      if (this.#reports.size >= (this.#options.mostReports ?? 10_000)) this.#overflow++;
      else this.#reports.set(key, this.#newReport(record, prefix, oriented));
    }
  }

  #newReport(record: LogRecord, prefix: LogPrefix, { direction, local, peer, service }: Oriented): Report {
    const rules = rulesOf(prefix, this.#options.decisionOf(prefix.generation, prefix.decision, prefix.place));
    return {
      first: record.at,
      last: record.at,
      direction,
      network: this.#options.network,
      local,
      peer,
      service,
      effective: prefix.effective,
      intended: prefix.intended,
      ...rules,
      generation: prefix.generation,
      count: 1,
      records: 1,
      process: null,
      unit: null,
      user: record.uid === null ? null : this.#options.userName(record.uid),
    };
  }
}

type Rules = { readonly effectiveRule: RuleId | null; readonly intendedRule: RuleId | null };

/** The prefix has room for one rule; the ruleset it names knows both. */
function rulesOf(prefix: LogPrefix, decision: Decision | null): Rules {
  if (decision !== null) return { effectiveRule: decision.effective.rule, intendedRule: decision.intended.rule };
  return { effectiveRule: prefix.effective === prefix.intended ? prefix.rule : null, intendedRule: prefix.rule };
}
