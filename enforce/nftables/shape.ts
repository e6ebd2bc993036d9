import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Where } from './copy.ts';
import type { NftOptions } from './options.ts';
import type { Rule } from './statements.ts';

export type MapKind = {
  /** The key as `typeof` takes it, and as the listing names its type. */
  readonly key: string;
  readonly type: string | readonly string[];
  readonly value: 'meta priority' | 'verdict';
  readonly interval: boolean;
};
export type MapElement = { readonly key: string; readonly value: string; readonly comment: string | null };
export type MapShape = { readonly name: string; readonly kind: MapKind; readonly elements: readonly MapElement[] };

export type SetShape = {
  readonly name: string;
  readonly type: 'ipv4_addr' | 'ipv6_addr';
  /** Null: they come and go, and nobody compares them. Packets put them there, or who learned the addresses of `domain`. */
  readonly elements: readonly string[] | null;
  /** Of a domain name, as people read it; its elements time out. */
  readonly domain?: string;
};

/** Where packets meet our rules, and at which priority. */
export type Hook = {
  readonly name: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
};

export type ChainShape = {
  readonly name: string;
  readonly hook: Hook | null;
  readonly comment: string | null;
  readonly rules: readonly Rule[];
};

export type ShapeInput = {
  readonly ruleset: HostRuleset;
  /** Stands in log prefixes: the generation of the last change that was more than addresses. */
  readonly structure: number;
  readonly at: Where;
  readonly options: NftOptions;
};
