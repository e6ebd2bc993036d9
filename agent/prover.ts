import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import {
  firstPrevious,
  type ProbedCell,
  type ProofStatement,
  probesLimit,
  type SignedStatement,
  statementText,
} from '@bulkhead/wire/proof.ts';
import { errorText, readFileIfPresent, replaceFile } from './atomic-file.ts';
import type { Identity } from './identity.ts';
import type { Problems } from './problems.ts';
import type { Seen } from './sight.ts';

/** What a statement is made of, besides who makes it. */
export type Evidence = {
  readonly held: HostRuleset;
  readonly seen: Seen;
  readonly applied: number | null;
  readonly whole: number | null;
  readonly restored: number;
};

export type ProverParts = {
  /** Where the number and the hash of the last statement are kept. */
  readonly path: string;
  readonly identity: () => Identity;
  /** False: not sent, and it was never said. */
  readonly send: (statement: SignedStatement) => boolean;
  readonly problems: Problems;
  readonly clock: () => number;
  readonly boot: () => string;
};

/** Milliseconds between statements that say the same as the one before, but for the time. */
const statementInterval = 10_000;
/** Chains that are remembered: a host and its guests, and as many that left. */
const chainLimit = 2000;

type Last = { readonly sequence: number; readonly previous: string };
type Chain = Last & { readonly said: string; readonly saidAt: number };

/** Signs what was read back, of each ruleset in a chain of its own: a statement names the one before (docs/proof.md). */
export class Prover {
  readonly #parts: ProverParts;
  readonly #chains = new Map<string, Chain>();
  readonly #kept: ReadonlyMap<string, Last>;
  #probes: ProbedCell[] = [];

  constructor(parts: ProverParts) {
    this.#parts = parts;
    this.#kept = readKept(parts.path);
  }

  /** Goes into the host's next statement; more than a statement takes are forgotten, the oldest first. */
  probed(cell: ProbedCell): void {
    this.#probes = [...this.#probes, cell].slice(-probesLimit);
  }

  /** Says what is seen when it is another thing than was said last, or that was said long enough ago. */
  say(evidence: Evidence): void {
    const { held, seen } = evidence;
    const { key, workload: host } = this.#parts.identity();
    const chain = this.#chainOf(held.workload);
    const now = this.#parts.clock();
    const probes = held.workload === host ? this.#probes : [];
    const news = JSON.stringify([held.generation, held.hash, seen.outcome, seen.reason, seen.depth === 'nothing']);
    if (news === chain.said && now - chain.saidAt < statementInterval && probes.length === 0) return;
    const text = statementText(this.#statement(evidence, { chain, probes, at: now }));
    const signature = sign('sha256', Buffer.from(text), createPrivateKey(key)).toString('base64');
    if (!this.#parts.send({ text, signature })) return;
    if (held.workload === host) this.#probes = [];
    const previous = createHash('sha256').update(text).digest('hex');
    this.#keep(held.workload, { sequence: chain.sequence + 1, previous, said: news, saidAt: now });
  }

  #chainOf(workload: string): Chain {
    const known = this.#chains.get(workload);
    if (known !== undefined) return known;
    const { sequence, previous } = this.#kept.get(workload) ?? { sequence: 0, previous: firstPrevious };
    // Above everything that was ever said, also where the file was lost.
    const least = Math.floor(this.#parts.clock() / 1000);
    return { sequence: Math.max(sequence, least), previous, said: '', saidAt: 0 };
  }

  #statement({ held, seen, applied, whole, restored }: Evidence, { chain, probes, at }: Made): ProofStatement {
    const { certificate, workload } = this.#parts.identity();
    const { outcome, reason, depth, slice, turn, epoch } = seen;
    const { generation, hash, revision, version } = held;
    return {
      format: 1,
      host: workload,
      workload: held.workload,
      boot: this.#parts.boot(),
      sequence: chain.sequence + 1,
      at,
      previous: chain.previous,
      certificate: fingerprint(certificate),
      ...{ generation, hash, revision, version, applied },
      ...{ outcome, reason, depth, slice, turn, epoch, whole, restored },
      probes,
    };
  }

  #keep(workload: string, chain: Chain): void {
    // Last in the order of the map, whose first goes when there are too many.
    this.#chains.delete(workload);
    this.#chains.set(workload, chain);
    const oldest = this.#chains.size > chainLimit ? this.#chains.keys().next().value : undefined;
    if (oldest !== undefined) this.#chains.delete(oldest);
    const lasts = [...this.#chains].map(([name, { sequence, previous }]) => [name, { sequence, previous }] as const);
    const { path, problems } = this.#parts;
    try {
      replaceFile(
        path,
        `${JSON.stringify(Object.fromEntries([...new Map([...this.#kept, ...lasts])].slice(-chainLimit)))}\n`,
      );
      problems.clear('proof-file');
    } catch (error) {
      problems.set('proof-file', `Cannot write "${path}": ${errorText(error)}, free space is needed`);
    }
  }
}

type Made = { readonly chain: Chain; readonly probes: readonly ProbedCell[]; readonly at: number };

/** What cannot be read begins new chains, which the controller shows as gaps. */
function readKept(path: string): ReadonlyMap<string, Last> {
  try {
    const kept = JSON.parse(readFileIfPresent(path) ?? '{}') as Readonly<Record<string, Partial<Last>>>;
    return new Map(
      Object.entries(kept).flatMap(([workload, { sequence, previous }]) =>
        Number.isSafeInteger(sequence) && /^[0-9a-f]{64}$/.test(previous ?? '')
          ? [[workload, { sequence: sequence ?? 0, previous: previous ?? firstPrevious }] as const]
          : [],
      ),
    );
  } catch {
    return new Map();
  }
}

/** SHA-256 of a certificate (PEM) in lower-case hex. */
export function fingerprint(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}
