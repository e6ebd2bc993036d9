import type { Address } from '@bulkhead/net/address.ts';

/** Labels of one workload: one value per key. Insertion order means nothing. */
export type Labels = Readonly<Record<string, string>>;

/** An address belongs to a network; two sites may use the same addresses in two networks. */
export type NetworkAddress = { readonly network: string; readonly address: Address };
export const defaultNetwork = 'main';

/** Which end of a connection a host is, or which end a decision was taken for. */
export type Direction = 'inbound' | 'outbound';

/** What becomes of a connection at one end. A rule may also say `pass`; a decision never does. */
export type Verdict = 'allow' | 'deny';

/** Per workload and direction; see SPEC "Modes". */
export type ModeName = 'observe' | 'test' | 'selective' | 'enforce';

/**
 * What a change does to connections that exist. `drain`: they go on. `revalidate`: they are judged again, each at its
 * next packet. `reset`: as well, and both ends of one that is now denied are told at once.
 */
export const liveModes = ['drain', 'revalidate', 'reset'] as const;
export type LiveMode = (typeof liveModes)[number];
export const defaultLiveMode: LiveMode = 'revalidate';

/** `<ruleset>/<rule>`, at most 100 bytes so that it fits a kernel log prefix. */
export type RuleId = string;
export const ruleIdLimit = 100;

/** Tiers that exist without being declared, first to last; the first three cannot be moved and ignore modes. */
export const fixedTiers = ['lifeline', 'rescue', 'emergency'] as const;
export const defaultTiers = ['guardrail', 'application', 'baseline'] as const;
