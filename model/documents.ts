import type { Prefix } from '@bulkhead/net/prefix.ts';
import type { ServiceRange } from '@bulkhead/net/service-space.ts';
import type { Place } from './problem.ts';
import type { Labels, ModeName, NetworkAddress } from './words.ts';

/** One condition on one label key. `in` and `exists` need the key; `notin` and `absent` also hold without it. */
export type Requirement = {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  readonly values: readonly string[];
};

/** A conjunction; the empty selector is every workload. `text` is what the author wrote. */
export type Selector = { readonly text: string; readonly requirements: readonly Requirement[] };

/** One alternative of a rule's `from` or `to`; an end is the union of its alternatives. */
export type End =
  | { readonly kind: 'selector'; readonly selector: Selector; readonly scoped: boolean }
  | { readonly kind: 'ipList'; readonly name: string; readonly place: Place }
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
  | { readonly kind: 'any' };

export type ServiceRef =
  | { readonly kind: 'range'; readonly range: ServiceRange; readonly text: string }
  | { readonly kind: 'service'; readonly name: string; readonly place: Place };

/** Subtracted from its rule. An absent part is null and means "whatever the rule says". */
export type Exception = {
  readonly from: readonly End[] | null;
  readonly to: readonly End[] | null;
  readonly services: readonly ServiceRef[] | null;
};

export type RuleState = 'active' | 'staged' | 'disabled';

export type Rule = {
  readonly name: string;
  readonly verdict: 'allow' | 'deny' | 'pass';
  readonly services: readonly ServiceRef[];
  readonly from: readonly End[];
  readonly to: readonly End[];
  readonly except: readonly Exception[];
  readonly at: 'both' | 'source' | 'destination';
  readonly state: RuleState;
  /** Milliseconds since the epoch; from then on the rule does not match. Null: never. */
  readonly expires: number | null;
  readonly owner: string | null;
  readonly reason: string | null;
  readonly place: Place;
};

export type WorkloadDocument = {
  readonly kind: 'Workload';
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly NetworkAddress[];
  readonly ports: Readonly<Record<string, ServiceRange>>;
  /** False for `enforcer: none`: unmanaged, answers `none` for its end. */
  readonly enforced: boolean;
  /** The mode where no Mode document speaks: `enforce` offline, what the pairing key says for an enrolled host. */
  readonly fallbackMode: ModeName;
  readonly place: Place;
};

export type RulesetDocument = {
  readonly kind: 'Ruleset';
  readonly name: string;
  readonly tier: string;
  readonly state: RuleState;
  /** Either given selectors (empty: one unscoped scope) or one scope per combination of values of `keys`. */
  readonly scopes:
    | { readonly kind: 'list'; readonly selectors: readonly Selector[] }
    | { readonly kind: 'each'; readonly keys: readonly string[] };
  readonly rules: readonly Rule[];
  readonly place: Place;
};

export type ServiceDocument = {
  readonly kind: 'Service';
  readonly name: string;
  readonly ranges: readonly ServiceRange[];
  readonly place: Place;
};

export type IpListDocument = {
  readonly kind: 'IpList';
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly except: readonly Prefix[];
  readonly place: Place;
};

export type LabelKeyDocument = {
  readonly kind: 'LabelKey';
  readonly name: string;
  /** Null: any value. An undeclared value is a warning and changes no result. */
  readonly values: readonly string[] | null;
  readonly locked: boolean;
  readonly place: Place;
};

export type ModeDocument = {
  readonly kind: 'Mode';
  readonly selector: Selector;
  readonly inbound: ModeName | null;
  readonly outbound: ModeName | null;
  readonly place: Place;
};

export type TiersDocument = {
  readonly kind: 'Tiers';
  readonly order: readonly (
    | { readonly kind: 'tier'; readonly name: string }
    | { readonly kind: 'group'; readonly name: string; readonly tiers: readonly string[] }
  )[];
  readonly place: Place;
};

/** One line of a policy test: `web-1 -> api-1 tcp/8080`. */
export type TestLine = {
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly place: Place;
};

export type TestDocument = {
  readonly kind: 'Test';
  readonly name: string;
  readonly allow: readonly TestLine[];
  readonly deny: readonly TestLine[];
  readonly place: Place;
};

/** What every host must always reach, by prefix; the built-in tier `lifeline` is generated from it (SPEC "Lifeline"). */
export type LifelineDocument = {
  readonly kind: 'Lifeline';
  readonly name: string;
  /** Controllers, `prefix service`: outbound from every workload. */
  readonly controllers: readonly { readonly prefix: Prefix; readonly service: ServiceRange }[];
  readonly dns: readonly Prefix[];
  readonly time: readonly Prefix[];
  /** Break-glass SSH, inbound to every workload. */
  readonly ssh: readonly Prefix[];
  readonly place: Place;
};

export type EstateDocument = WorkloadDocument;
export type PolicyDocument =
  | RulesetDocument
  | ServiceDocument
  | IpListDocument
  | LabelKeyDocument
  | ModeDocument
  | TiersDocument
  | TestDocument
  | LifelineDocument;
export type Document = EstateDocument | PolicyDocument;
