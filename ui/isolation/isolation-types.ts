/** As the API answers, see `controller/api/answers/isolations.ts`. */
export type Leak = {
  readonly rule: string | null;
  readonly tier: string | null;
  readonly services: readonly string[];
  readonly between: readonly { readonly from: string; readonly to: string }[];
  readonly omitted: number;
};
export type Leaks = { readonly items: readonly Leak[] };

export type IsolationHost = {
  readonly workload: string;
  readonly role: 'isolated' | 'peer';
  readonly state: 'sent' | 'applied' | 'proven' | 'failed' | 'away' | 'timeout';
  readonly problem: string | null;
  readonly proven: number | null;
};

type Side = { readonly all: number; readonly proven: number; readonly open: readonly string[] };

export type Probes = {
  readonly hosts: readonly string[];
  readonly cells: number;
  readonly closed: number;
  readonly unknown: number;
  readonly open: readonly { readonly from: string; readonly to: string; readonly service: string }[];
};

export type IsolationSummary = {
  readonly id: number;
  readonly workloads: readonly string[];
  readonly names: readonly string[] | null;
  readonly selector: string | null;
  readonly rescue: readonly string[] | null;
  readonly allow: readonly string[];
  readonly reason: string;
  readonly created: string;
  readonly createdBy: string;
  readonly expires: string | null;
};

export type Isolation = IsolationSummary & {
  readonly released: string | null;
  readonly run: {
    readonly step: 'isolate' | 'release';
    readonly state: 'running' | 'checking' | 'done' | 'incomplete';
    readonly hosts: readonly IsolationHost[];
    readonly probes: Probes | null;
    readonly leaks: Leaks | null;
  } | null;
  readonly closed: { readonly isolated: Side; readonly peers: Side } | null;
};

export type IsolationAhead = {
  readonly workloads: readonly { readonly name: string; readonly managed: boolean; readonly connected: boolean }[];
  readonly peers: { readonly managed: number; readonly connected: number; readonly unmanaged: number };
  readonly edges: {
    readonly cut: number;
    readonly attempts: number;
    readonly items: readonly { readonly from: string; readonly to: string; readonly service: string }[];
  };
  readonly stays: Leaks;
};

/** What is to be isolated: one workload by its name, or whatever a selector matches. */
export type Target = { readonly workloads: readonly [string] } | { readonly selector: string };
