import '@fastify/cookie';
import '@fastify/rate-limit';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import type { SizeBudget } from '@bulkhead/model/host-ruleset-size.ts';
import type { Isolation } from '@bulkhead/policy/isolation.ts';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import type { Disk } from '../agents/disk.ts';
import type { Hosts } from '../agents/hosts.ts';
import type { Refusals } from '../agents/refusals.ts';
import type { Actor, Permission } from '../auth/permissions.ts';
import type { Clusters } from '../clusters/clusters.ts';
import type { Estate } from '../estate/estate.ts';
import type { Events } from '../events.ts';
import type { History } from '../history/types.ts';
import type { Authority } from '../pki/authority.ts';
import type { ProofBook } from '../proof/proof-book.ts';
import type { Conductor } from '../provision/conductor.ts';
import type { Deliveries } from '../provision/deliveries.ts';
import type { ResolvedEnd } from '../provision/dependencies.ts';
import type { Isolating } from '../provision/isolating.ts';
import type { Isolations } from '../provision/isolations.ts';
import type { Side } from '../provision/side.ts';
import type { WaveSettings } from '../provision/wave-settings.ts';
import type { Store } from '../store/open-store.ts';
import type { VersionRecord } from '../store/versions.ts';

/** What routes may use. */
export type ApiParts = {
  readonly store: Store;
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  readonly proofs: ProofBook;
  /** What a host cannot do without, and tries out before it keeps a narrower ruleset. */
  readonly dependencies: (workload: string) => readonly ResolvedEnd[];
  readonly conductor: Conductor;
  /** What one host may be asked to hold. */
  readonly budget: SizeBudget;
  readonly isolations: Isolations;
  readonly isolating: Isolating;
  /** How versions come to hosts where nobody says it; null: to all at once. */
  readonly waves: WaveSettings | null;
  readonly live: LiveEdges;
  readonly history: History;
  readonly events: Events;
  readonly refusals: Refusals;
  readonly clusters: Clusters;
  readonly disk: Disk;
  readonly authority: Authority;
  readonly clock: () => number;
  readonly startedAt: number;
  /** A policy text and labels over the estate as it is now, its watched clusters labelled as that policy lets them be. */
  readonly side: (version: Pick<VersionRecord, 'files' | 'labels'>) => Side;
  /** The current version's, kept until the version or the estate changes. */
  readonly currentSide: () => Side;
  /** The current version with one more isolation. */
  readonly sideWith: (isolation: Isolation) => Side;
  /** Where agents connect, as text. */
  readonly agentAddresses: readonly string[];
  /** Where the console and this API are; null before that is known. */
  readonly consoleAddress: () => string | null;
};

export type Api = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route needs; a route without one answers nobody. */
    permission?: Permission;
    /** For a retry with the same Idempotency-Key no answer is kept: it holds a secret, or the POST changes nothing. */
    unkept?: boolean;
    /** The body by media type, for the description of a route that reads its body itself. */
    takes?: Readonly<Record<string, TSchema>>;
    /** What it answers when it says yes, for its description. */
    answers?: TSchema;
  }
  interface FastifyRequest {
    actor: Actor;
  }
}

export const needs = (permission: Permission) => ({ permission });
/** What a route needs, and what it answers. */
export const answers = (permission: Permission, schema: TSchema) => ({ permission, answers: schema });
