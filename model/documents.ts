import type { Address } from '@bulkhead/net/address.ts';
import type { Prefix } from '@bulkhead/net/prefix.ts';
import type { ServicePoint, ServiceRange } from '@bulkhead/net/service-space.ts';
import type { PortName } from './port-name.ts';
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

/** A name that a rule or document points to, and where it says so. */
export type Reference = { readonly name: string; readonly place: Place };

/** Who an end has to be, beside where it is. Null: anybody. */
export type Identity = {
  /** Path of an executable (`/usr/sbin/nginx`) or a unit (`nginx.service`), compared as a whole. */
  readonly process: string | null;
  readonly user: ({ readonly kind: 'user'; readonly name: string } | ({ readonly kind: 'group' } & Reference)) | null;
};

/** Where an end is. A `domain` is a name of the DNS or `*.` and one, lower case, without a final dot. */
export type EndPlace =
  | { readonly kind: 'selector'; readonly selector: Selector; readonly scoped: boolean }
  | ({ readonly kind: 'ipList' } & Reference)
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
  | { readonly kind: 'domain'; readonly name: string; readonly place: Place }
  | ({ readonly kind: 'virtualService' } & Reference)
  | { readonly kind: 'any' };

/** One alternative of a rule's `from` or `to`; an end is the union of its alternatives. */
export type End = EndPlace & { readonly identity: Identity | null };

export type ServiceRef =
  | { readonly kind: 'range'; readonly range: ServiceRange; readonly text: string }
  /** Whatever port of that protocol the destination gives the name to. Only in the services of a rule. */
  | ({ readonly kind: 'portName' } & PortName)
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
  /** Milliseconds: how long a connection that it admitted goes on before it is judged again. Null: as long as it lasts. */
  readonly reverify: number | null;
  /** The author agrees that it allows more than it says where no end can know what it asks (SPEC U6). */
  readonly acceptWider: boolean;
  readonly owner: string | null;
  readonly reason: string | null;
  readonly place: Place;
};

export type WorkloadDocument = {
  readonly kind: 'Workload';
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly NetworkAddress[];
  /** Named ports: at most one range of each protocol under a name. */
  readonly ports: Readonly<Record<string, readonly ServiceRange[]>>;
  /** False for `enforcer: none`: unmanaged, answers `none` for its end. */
  readonly enforced: boolean;
  /** The workload on whose kernel it runs, and whose agent enforces for it; null: its own. */
  readonly host: string | null;
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
  /** Who has to serve it, as `Identity.process`; null: anybody. */
  readonly process: string | null;
  /** What is spoken there. Told to people; no decision reads it. */
  readonly application: string | null;
  readonly place: Place;
};

export type IpListDocument = {
  readonly kind: 'IpList';
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly except: readonly Prefix[];
  /** As an end of kind `domain`; only where a rule allows something to them. */
  readonly names: readonly string[];
  readonly place: Place;
};

/** Values of one key under a name: `env in (@nonprod)`. Groups may hold groups of the same key. */
export type LabelGroupDocument = {
  readonly kind: 'LabelGroup';
  readonly name: string;
  readonly key: string;
  readonly values: readonly string[];
  readonly groups: readonly Reference[];
  readonly place: Place;
};

export type UserGroupDocument = {
  readonly kind: 'UserGroup';
  readonly name: string;
  readonly members: readonly string[];
  readonly place: Place;
};

/** Addresses that a load balancer answers for others. */
export type VirtualServiceDocument = {
  readonly kind: 'VirtualService';
  readonly name: string;
  /** One port of one address each. */
  readonly frontends: readonly (NetworkAddress & { readonly service: ServicePoint })[];
  readonly members: {
    readonly selector: Selector;
    /** From the port of a frontend to the port of the members; a port that is not named stays what it is. */
    readonly ports: readonly { readonly frontend: ServicePoint; readonly member: ServicePoint }[];
  };
  /** Where members see connections come from: null: from the client, else from these. */
  readonly snat: readonly Prefix[] | null;
  readonly place: Place;
};

export const labelSources = [
  'person',
  'pairing-key',
  'orchestrator',
  'runtime',
  'cmdb',
  'directory',
  'scanner',
] as const;
export type LabelSourceName = (typeof labelSources)[number];

/** Who may set which label keys on which workloads, and whether that takes effect at once. */
export type LabelSourceDocument = {
  readonly kind: 'LabelSource';
  readonly name: string;
  readonly source: LabelSourceName;
  readonly keys: readonly string[];
  readonly selector: Selector;
  readonly apply: 'immediately' | 'as-draft';
  readonly place: Place;
};

/** Who may change the policy files below a directory, and for which workloads they may speak (SPEC "Ownership"). */
export type OwnershipDocument = {
  readonly kind: 'Ownership';
  readonly name: string;
  /** `teams/shop`, without a slash at either end. */
  readonly directory: string;
  readonly scope: Selector;
  /** Names of users and of tokens. */
  readonly owners: readonly string[];
  readonly tiers: readonly string[];
  /** Keys of labels that the owners may assign to workloads of the scope. */
  readonly labels: readonly string[];
  readonly place: Place;
};

/** What must never be possible, whatever the rules say. */
export type InvariantDocument = {
  readonly kind: 'Invariant';
  readonly name: string;
  readonly never: {
    readonly from: readonly End[];
    readonly to: readonly End[];
    /** Null: every service. */
    readonly services: readonly ServiceRef[] | null;
  };
  readonly except: readonly Exception[];
  readonly place: Place;
};

/** Somebody is logged on at an address: known at every end while it is valid. Milliseconds since the epoch. */
export type LogonDocument = NetworkAddress & {
  readonly kind: 'Logon';
  readonly user: string;
  readonly from: number | null;
  /** Exclusive. */
  readonly until: number | null;
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

/** What the workloads of a selector cannot do without: a change that cuts them off from it is taken back (SPEC DP1). */
export type DependencyDocument = {
  readonly kind: 'Dependency';
  readonly name: string;
  readonly of: Selector;
  readonly to: readonly DependencyEnd[];
  readonly place: Place;
};
/** One TCP port of an address, or of every address of a workload. */
export type DependencyEnd = {
  readonly at:
    | { readonly kind: 'address'; readonly address: Address }
    | { readonly kind: 'workload'; readonly name: string };
  readonly port: number;
  readonly place: Place;
};

export type EstateDocument = WorkloadDocument | LogonDocument;
export type PolicyDocument =
  | RulesetDocument
  | ServiceDocument
  | IpListDocument
  | LabelGroupDocument
  | UserGroupDocument
  | VirtualServiceDocument
  | LabelSourceDocument
  | OwnershipDocument
  | InvariantDocument
  | LabelKeyDocument
  | ModeDocument
  | TiersDocument
  | TestDocument
  | LifelineDocument
  | DependencyDocument;
export type Document = EstateDocument | PolicyDocument;
