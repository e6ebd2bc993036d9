import type { Requirement } from '@bulkhead/model/documents.ts';
import type { Place } from '@bulkhead/model/problem.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { Prefix } from '@bulkhead/net/prefix.ts';

/** What a reader of Kubernetes objects understood, before any of it is said in the language of policies. */
export type Protocol = 'tcp' | 'udp' | 'sctp';

/** Who an object is. `namespace`: empty for what lies in none. */
export type ObjectHead = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly owners: readonly Owner[];
  readonly place: Place;
};

export type Owner = { readonly kind: string; readonly name: string };

/** A port of a container that has a name. */
export type NamedPort = { readonly name: string; readonly protocol: Protocol; readonly port: number };

/** What a pod is, and what the pods of a workload kind will be. */
export type PodShape = {
  readonly labels: Labels;
  readonly hostNetwork: boolean;
  readonly ports: readonly NamedPort[];
};

export type NamespaceObject = { readonly kind: 'namespace'; readonly head: ObjectHead };
export type NodeObject = { readonly kind: 'node'; readonly head: ObjectHead; readonly addresses: readonly Address[] };

export type PodObject = PodShape & {
  readonly kind: 'pod';
  readonly head: ObjectHead;
  readonly addresses: readonly Address[];
  readonly node: string | null;
  readonly hostAddresses: readonly Address[];
  /** It succeeded or failed, and its addresses are somebody else's by now. */
  readonly finished: boolean;
};

/** A Deployment or another kind that makes pods. `running`: it is not scaled to nothing, suspended or finished. */
export type PodMakerObject = {
  readonly kind: 'maker';
  readonly head: ObjectHead;
  readonly shape: PodShape;
  readonly running: boolean;
};

/** `target`: the port of the members, or the name that it has there. */
export type ServicePort = { readonly protocol: Protocol; readonly port: number; readonly target: number | string };

export type ServiceObject = {
  readonly kind: 'service';
  readonly head: ObjectHead;
  /** Null: none, its endpoints are somebody else's to name. */
  readonly selector: Labels | null;
  /** Empty: headless, or only a name. */
  readonly clusterAddresses: readonly Address[];
  readonly otherAddresses: readonly Address[];
  readonly ports: readonly ServicePort[];
};

export type Direction = 'ingress' | 'egress';

/** `namespaces` null: the namespace of the policy. */
export type PodPeer = {
  readonly kind: 'pods';
  readonly namespaces: readonly Requirement[] | null;
  readonly pods: readonly Requirement[];
  readonly place: Place;
};

export type Peer =
  | PodPeer
  /** Where a rule has more to say than that; one that does not has null for its peers. */
  | { readonly kind: 'anyone'; readonly place: Place }
  | {
      readonly kind: 'block';
      readonly prefix: Prefix;
      readonly except: readonly Prefix[];
      readonly place: Place;
    }
  | { readonly kind: 'nodes'; readonly nodes: readonly Requirement[]; readonly place: Place }
  | { readonly kind: 'domain'; readonly name: string; readonly place: Place };

export type PolicyPort =
  | { readonly kind: 'range'; readonly protocol: Protocol; readonly first: number; readonly last: number }
  | { readonly kind: 'named'; readonly protocol: Protocol; readonly name: string };

/** One rule of a policy. `peers` and `ports` null: anyone, every service. */
export type PolicyRule = {
  readonly direction: Direction;
  /** Where it stands in the list of its direction, from 0. */
  readonly position: number;
  readonly verdict: 'allow' | 'deny' | 'pass';
  readonly title: string | null;
  readonly peers: readonly Peer[] | null;
  readonly ports: readonly PolicyPort[] | null;
  readonly place: Place;
};

export type NetworkPolicyObject = {
  readonly kind: 'policy';
  readonly head: ObjectHead;
  readonly subject: PodPeer;
  readonly isolates: readonly Direction[];
  readonly rules: readonly PolicyRule[];
};

/** `priority` null: the baseline. */
export type AdminPolicyObject = {
  readonly kind: 'admin';
  readonly head: ObjectHead;
  readonly priority: number | null;
  readonly subject: PodPeer;
  readonly rules: readonly PolicyRule[];
};

export type ClusterObject =
  | NamespaceObject
  | NodeObject
  | PodObject
  | PodMakerObject
  | ServiceObject
  | NetworkPolicyObject
  | AdminPolicyObject;
