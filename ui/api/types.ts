import type { Edge } from '@bulkhead/flows/edge.ts';
import type { Problem } from '@bulkhead/model/problem.ts';

/** What the console reads of the API's answers; the whole of them is described at /docs. Times are RFC 3339. */
export type Session = { readonly name: string; readonly role: 'admin' | 'editor' | 'viewer' };

export type Status = {
  readonly version: { readonly number: number; readonly hash: string; readonly state: string };
  readonly started: string;
  readonly now: string;
  readonly disk: { readonly state: 'ok' } | { readonly state: 'full' | 'failing'; readonly problem: string };
  readonly workloads: { readonly managed: number; readonly unmanaged: number };
  readonly hosts: {
    readonly connected: number;
    readonly fresh: number;
    readonly freshSeconds: number;
    readonly notProven: readonly { readonly name: string; readonly reason: string | null }[];
    readonly alarms: readonly { readonly name: string; readonly alarms: readonly string[] }[];
    readonly away: readonly { readonly name: string; readonly lastSeen: string | null }[];
    readonly withProblems: readonly string[];
  };
  readonly reports: { readonly counted: number; readonly received: number; readonly lost: number };
  readonly edges: { readonly edges: number; readonly overflowAttempts: number };
  readonly absent: readonly string[];
};

export type Mode = 'observe' | 'test' | 'enforce';

export type Workload = {
  readonly name: string;
  readonly kind: 'managed' | 'unmanaged' | 'guest' | 'container' | 'node';
  readonly managed: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownLabels: Readonly<Record<string, string>>;
  readonly addresses: readonly { readonly network: string; readonly address: string }[];
  /** The workload on whose kernel it runs, and whose agent enforces for it; null: it is no guest. */
  readonly host: string | null;
  /** What runs on its own kernel. */
  readonly guests: readonly string[];
  /** Why nothing enforces for this guest; null: something does, or it is none. */
  readonly notEnforced: string | null;
  /** Null: nothing enforces it. */
  readonly connected: boolean | null;
  readonly created: string;
  readonly updated: string;
};

type ProbeCount = { readonly tried: number; readonly asExpected: number; readonly undecided: number };
/** What is known of one host's ruleset, each with its time. */
export type Proof = {
  readonly intended: { readonly generation: number; readonly at: string | null };
  readonly applied: { readonly generation: number | null; readonly at: string | null };
  readonly proven: {
    readonly state: 'proven' | 'old' | 'not proven';
    readonly reason: string | null;
    readonly since: string | null;
    readonly generation: number | null;
    /** When the controller received it. */
    readonly at: string | null;
    readonly depth: string | null;
  };
  readonly probed: {
    readonly closed: ProbeCount;
    readonly open: ProbeCount;
    readonly at: string | null;
    readonly alarms: readonly string[];
  };
};

export type Host = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly mode: { readonly inbound: Mode; readonly outbound: Mode };
  readonly connected: boolean;
  readonly lastSeen: string | null;
  /** Of the ruleset that is intended, in the kernel as predicted; null: nothing is. */
  readonly size: { readonly elements: number; readonly bytes: number } | null;
  readonly generation: {
    readonly intended: number;
    readonly applied: number | null;
    readonly proven: number | null;
  };
  readonly proven: boolean;
  readonly proof: Proof;
  readonly version: number | null;
  readonly counted: number | null;
  readonly received: number | null;
  readonly lost: number | null;
  readonly gaps: readonly { readonly from: string; readonly until: string | null }[];
  readonly problems: readonly string[];
};

export type Listener = {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly process: string | null;
  readonly unit: string | null;
  readonly package: string | null;
  readonly user: string | null;
};

/** A rule of lifeline or rescue, which holds before all others and in every mode. */
export type FirstRule = {
  readonly tier: string;
  readonly rule: string;
  readonly direction: 'inbound' | 'outbound';
  readonly verdict: 'allow' | 'deny';
  readonly peers: readonly string[];
  readonly services: readonly string[];
};

export type HostDetail = Host & {
  readonly first: readonly FirstRule[];
  readonly trial: {
    readonly seconds: number;
    readonly reach: readonly { readonly end: string; readonly reach: readonly string[] }[];
  };
  readonly capabilities: { readonly level: string; readonly absent: readonly string[] } | null;
  readonly inventory: {
    readonly system: string;
    readonly kernel: string;
    readonly listeners: readonly Listener[];
  } | null;
  /** Null: no rule of the host names a domain. */
  readonly names: { readonly learned: readonly LearnedName[]; readonly more: number } | null;
};

export type LearnedName = {
  readonly name: string;
  readonly address: string;
  readonly since: string;
  readonly answered: string;
  readonly alsoNamed: readonly string[];
  readonly workload: string | null;
};

export type PolicyFile = { readonly path: string; readonly text: string };
/** Null removes the label. */
export type LabelAssignment = { readonly workload: string; readonly key: string; readonly value: string | null };

export type DraftSummary = {
  readonly name: string;
  readonly base: number;
  readonly files: readonly { readonly path: string }[];
  readonly revision: number;
  readonly updated: string;
  readonly updatedBy: string;
};

export type Draft = Omit<DraftSummary, 'files'> & {
  readonly baseMoved: boolean;
  readonly files: readonly PolicyFile[];
  readonly labels: readonly LabelAssignment[];
  readonly problems: readonly Problem[];
  readonly sound: boolean;
};

export type VersionSummary = {
  readonly number: number;
  readonly hash: string;
  readonly base: number | null;
  readonly note: string;
  readonly created: string;
  readonly createdBy: string;
  readonly paths: readonly string[];
  readonly current: boolean;
};

export type Version = VersionSummary & { readonly files: readonly PolicyFile[] };

export type AuditEntry = {
  readonly number: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: unknown;
};

/** Body of the SSE event `edges`. */
export type EdgeChange = { readonly edges: readonly Edge[]; readonly removed: readonly string[] };
