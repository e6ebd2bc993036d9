import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { AddressDelta, HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { LiveMode, RuleId } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import type { SignedStatement } from './proof.ts';

/** Raised when an old peer could misread a new message; the history is in wire/README.md. */
export const wireVersion = 1;

/** Control messages are JSON text frames; flow batches are binary frames (wire/flow-batch.ts). */
export type AgentMessage =
  | {
      readonly kind: 'hello';
      readonly wire: number;
      readonly agent: string;
      readonly held: Held | null;
      /** What is held for each guest that something is held for. Absent: an agent that enforces for no guests. */
      readonly guests?: readonly GuestHeld[];
      readonly capabilities: Capabilities;
    }
  | { readonly kind: 'inventory'; readonly inventory: Inventory }
  /** `workload`: the guest that the answer is about; absent: the host itself. */
  | { readonly kind: 'applied'; readonly workload?: string; readonly applied: Applied }
  | { readonly kind: 'health'; readonly health: Health }
  | { readonly kind: 'probed'; readonly probed: Probed }
  /** Only to a controller that said it takes them. */
  | { readonly kind: 'proof'; readonly proof: SignedStatement };

export type ControllerMessage =
  | {
      readonly kind: 'welcome';
      readonly workload: string;
      readonly acknowledged: number;
      /** Kinds of messages beyond those of the first version that this controller takes; absent: none. */
      readonly takes?: readonly string[];
    }
  | ({ readonly kind: 'ruleset'; readonly ruleset: HostRuleset } & ChangeTerms)
  /** `workload`: the guest whose ruleset it changes; absent: the host itself. */
  | ({ readonly kind: 'delta'; readonly workload?: string; readonly delta: RulesetDelta } & ChangeTerms)
  /** All guests of the host. What it enforces for others ends, and rulesets of these may follow. */
  | { readonly kind: 'guests'; readonly workloads: readonly string[] }
  | { readonly kind: 'ack'; readonly sequence: number }
  | { readonly kind: 'probe'; readonly probe: ProbeOrder }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** How a change is made. `live` absent: `revalidate`; the revision already says whether connections are judged again. */
export type ChangeTerms = { readonly live?: LiveMode; readonly trial?: Trial | null };

/**
 * The change is kept only if within `seconds` a new connection comes about to where the session's controller is and to
 * everything in `reach`; otherwise the host goes back to what it held. Absent and null: kept at once.
 */
export type Trial = { readonly seconds: number; readonly reach: readonly Reach[] };
/** A TCP port that must be reached. */
export type Reach = { readonly address: Address; readonly port: number };

/** The problem of a change that was taken back begins so; who was not reached follows. */
export const rolledBack = 'rolled back: ';

/** What the agent has loaded; the controller sends deltas only on top of exactly this. */
export type Held = { readonly generation: number; readonly hash: string; readonly revision: number };

export type GuestHeld = { readonly workload: string; readonly held: Held };

/** The degradation ladder of this host, shown as it is: what is absent is named. */
export type Capabilities = {
  /** `full` is not reached before process identity comes from the kernel. */
  readonly level: 'full' | 'no process' | 'polled';
  readonly absent: readonly string[];
  /** What agents did not always do. Absent: an agent from before there was anything to say. */
  readonly covers?: readonly string[];
};

/** In `covers` of an agent that takes orders to probe. */
export const probing = 'probes';
/** In `covers` of an agent that enforces for guests. */
export const forwardedTraffic = 'forwarded traffic';

/** An older agent is sent no ruleset of a guest: it would take it for one of its own. */
export const enforcesForGuests = ({ covers = [], absent }: Capabilities): boolean =>
  covers.includes(forwardedTraffic) && !absent.includes(forwardedTraffic);

/** Guests of one host. Each has chains and maps of its own in the kernel, and is read back for itself. */
export const guestLimit = 256;

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

/** Cells to try with real packets from this host. An agent tries only addresses that its ruleset knows. */
export type ProbeOrder = { readonly id: number; readonly cells: readonly ProbeCell[] };
/** `service`: TCP or UDP and a port. */
export type ProbeCell = { readonly address: Address; readonly service: ServicePoint };

/** What became of each cell, in the order they were asked. */
export type Probed = { readonly id: number; readonly results: readonly ProbeResult[] };

export type ProbeResult = ProbeCell & {
  readonly outcome: ProbeOutcome;
  /** The rule that denied it here, where the kernel's record named one. */
  readonly rule: RuleId | null;
  readonly milliseconds: number;
};

/**
 * `connected`: the far end took it. `refused`: the far end's system answered that nobody listens there, so packets pass
 * both ways. `denied`: this host's own rules stopped it, told by the kernel's record or by the error of the call.
 * `sent`: a datagram left this host; whether the far end took it is not known here. `silent`: no answer in time, so the
 * far end or something between dropped it. `unreachable`: the network said so. `skipped`: not tried, see
 * `agent/probe.ts` for what is.
 */
export const probeOutcomes = ['connected', 'refused', 'denied', 'sent', 'silent', 'unreachable', 'skipped'] as const;
export type ProbeOutcome = (typeof probeOutcomes)[number];

/** Cells of one order. */
export const probeLimit = 64;

export type Inventory = {
  readonly hostname: string;
  readonly kernel: string;
  readonly system: string;
  readonly addresses: readonly { readonly interface: string; readonly address: string }[];
  readonly listeners: readonly Listener[];
  /** Absent: the rules of this host name no domains, or its agent is older. */
  readonly names?: LearnedAddresses;
};

/** Addresses that name servers gave this host for domain names of its rules; `more` are not listed. */
export type LearnedAddresses = { readonly learned: readonly LearnedAddress[]; readonly more: number };
/** Milliseconds since the epoch: of the first answer that is still known, and of the last, to the minute. */
export type LearnedAddress = {
  readonly name: string;
  readonly address: string;
  readonly since: number;
  readonly answered: number;
};
export const learnedLimit = 1000;

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
