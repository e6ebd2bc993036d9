import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { AddressDelta, HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { LiveMode } from '@bulkhead/model/words.ts';

/** Raised when an old peer could misread a new message; the history is in wire/README.md. */
export const wireVersion = 1;

/** Control messages are JSON text frames; flow batches are binary frames (wire/flow-batch.ts). */
export type AgentMessage =
  | {
      readonly kind: 'hello';
      readonly wire: number;
      readonly agent: string;
      readonly held: Held | null;
      readonly capabilities: Capabilities;
    }
  | { readonly kind: 'inventory'; readonly inventory: Inventory }
  | { readonly kind: 'applied'; readonly applied: Applied }
  | { readonly kind: 'health'; readonly health: Health };

export type ControllerMessage =
  | { readonly kind: 'welcome'; readonly workload: string; readonly acknowledged: number }
  | ({ readonly kind: 'ruleset'; readonly ruleset: HostRuleset } & ChangeTerms)
  | ({ readonly kind: 'delta'; readonly delta: RulesetDelta } & ChangeTerms)
  | { readonly kind: 'ack'; readonly sequence: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** How a change is made. `live` absent: `revalidate`; the revision already says whether connections are judged again. */
export type ChangeTerms = { readonly live?: LiveMode };

/** What the agent has loaded; the controller sends deltas only on top of exactly this. */
export type Held = { readonly generation: number; readonly hash: string; readonly revision: number };

/** The degradation ladder of this host, shown as it is: what is absent is named. */
export type Capabilities = {
  /** `full` is not reached before process identity comes from the kernel. */
  readonly level: 'full' | 'no process' | 'polled';
  readonly absent: readonly string[];
};

/** A ruleset that differs from the one held only in peer addresses, its numbers and its hash. */
export type RulesetDelta = {
  readonly base: Held;
  readonly generation: number;
  readonly revision: number;
  readonly hash: string;
  readonly version: number;
  readonly addresses: AddressDelta;
};

/** `proven`: the kernel was read back after the change and holds exactly this ruleset. */
export type Applied = {
  readonly generation: number;
  readonly hash: string;
  readonly proven: boolean;
  readonly problem: string | null;
  /** From receipt of the message to the end of the kernel transaction. */
  readonly milliseconds: number;
};

export type Inventory = {
  readonly hostname: string;
  readonly kernel: string;
  readonly system: string;
  readonly addresses: readonly { readonly interface: string; readonly address: string }[];
  readonly listeners: readonly Listener[];
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

/**
 * Loss is a number on the screen. `counted` is what the kernel's rule counters say was judged, `received` what came
 * back as records, both since the table was made; the difference is lost once nothing is in flight.
 */
export type Health = {
  readonly counted: number;
  readonly received: number;
  readonly lost: number;
  readonly spooledBatches: number;
  readonly droppedBatches: number;
  readonly restored: number;
  readonly agentBytes: number;
  readonly helperBytes: number;
  readonly problems: readonly string[];
  /** Connections ended because a change that said `reset` denies them, since the agent began. Absent: an older agent. */
  readonly connectionsEnded?: number;
};

/** Sequence numbers grow by one per batch for the life of the agent's spool; the controller stores each once. */
export type FlowBatch = { readonly sequence: number; readonly reports: readonly ConnectionReport[] };

/** POST /enrol on the agents' port, before there is a client certificate. */
export type EnrolRequest = { readonly pairingKey: string; readonly csr: string; readonly hostname: string };
export type EnrolAnswer = { readonly certificate: string; readonly authority: string; readonly workload: string };

/** POST /renew on the agents' port, with the client certificate that is still good; the key in `csr` may be a new one. */
export type RenewRequest = { readonly csr: string };
export type RenewAnswer = { readonly certificate: string; readonly authority: string };
