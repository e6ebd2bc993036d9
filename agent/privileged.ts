import type { BackEnd, Done } from '@bulkhead/enforce/back-end.ts';
import type { NameTable } from '@bulkhead/enforce/name-table.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { Connections } from './connections.ts';

/**
 * Everything that needs privileges goes through here: changing and reading the kernel, and starting the helper that
 * reads its log. Today one root process does it all; because nothing else in the agent touches the kernel, these calls
 * can become messages to a small privileged process while the rest drops its rights.
 */
export type Privileged = {
  /** What the tool or the kernel of this host refuses of what rulesets need. */
  readonly features: () => Promise<Done<readonly string[]>>;
  /** For the host's own ruleset. Its counts are all of ours, those of guests too. */
  readonly kernel: BackEnd;
  readonly guests: GuestKernels;
  readonly flows: FlowAccess;
  /** Starts the reader of this host's log records. */
  readonly startHelper: (events: HelperEvents) => RunningHelper;
  /** Addresses of domain names beside the host's own ruleset. */
  readonly names: NameTable;
  /** Starts the reader of what name servers answer to this host. */
  readonly startAnswers: (events: HelperEvents) => RunningHelper;
  /** Where live connections of this host go; null: it cannot be said. */
  readonly flowDestinations: () => Promise<ReadonlySet<Address> | null>;
  /** Starts what runs the script after so many seconds if it still lies there, whatever becomes of this process. */
  readonly startWatchdog: (seconds: number, script: string) => Promise<Done<null>>;
};

/** Flows and sockets of this kernel. */
export type FlowAccess = {
  readonly connections: Connections;
  /** The bit of a flow's mark with which the back end says that it is tracked the wrong way round. */
  readonly reversed: number;
  /** Why stamps that are given out again could not be taken from flows before; null: they were. */
  readonly unswept: () => string | null;
  /** Who else uses our bits of the mark, and what of them we never gave out. */
  readonly marks: () => Promise<Done<Marks>>;
};

export type Marks = {
  /** In words, one for each place where it happens. */
  readonly clashes: readonly string[];
  readonly isStrange: (mark: number) => boolean;
};

/** Guests have places in the kernel, numbered from 1; which is whose is known to us alone. */
export type GuestKernels = {
  readonly at: (place: number) => BackEnd;
  /** Places that hold something, and the addresses it is for. */
  readonly places: () => Promise<Done<readonly HeldPlace[]>>;
};
export type HeldPlace = { readonly place: number; readonly addresses: readonly Address[] };

export type HelperEvents = {
  /** Bytes of the record stream as they come, cut anywhere. */
  readonly bytes: (bytes: Uint8Array) => void;
  /** Lines of complaint; the helper writes nothing else there. */
  readonly complaint: (text: string) => void;
  readonly ended: (why: string) => void;
};

export type RunningHelper = { readonly pid: number | null; readonly stop: () => void };
