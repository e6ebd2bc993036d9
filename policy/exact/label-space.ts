import type { Document, Requirement } from '@bulkhead/model/documents.ts';
import { domainCovers } from '@bulkhead/model/domain-text.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type Address, addressBits, addressFromBits, type Family } from '@bulkhead/net/address.ts';
import { familyWidth } from '@bulkhead/net/prefix.ts';
import { addressSetRanges } from '../language/address-set.ts';
import type { Term } from '../language/terms.ts';
import { overlay } from '../overlay.ts';
import { type NameEnd, namesIn } from './name-ends.ts';

/** Some values of each dimension of an end, as bits: whose it is, where its address lies, and each label key. */
export type Box = readonly bigint[];

/** Dimensions of every end; label keys follow. */
export const ownerDimension = 0;
export const regionDimension = 1;
const firstKey = 2;
/** Values of the owner. */
export const workload = 1n;
export const nobody = 2n;

/** Addresses that no prefix and no ip list tells apart, with one or two of them. Number 0 is "no address". */
type AddressRegion = { readonly family: Family | null; readonly examples: readonly Address[] };
/** Where an end can be: addresses, or as a destination domain names. */
export type Region = AddressRegion | NameEnd;

/**
 * Every end that an estate may have, as far as a policy can tell ends apart: what the declared label keys allow, and for
 * a key without declared values those that selectors name, two more, and none. Two, for a scope of `each` tells equal
 * values from different ones.
 */
export class LabelSpace {
  readonly regions: readonly Region[];
  readonly all: Box;
  /** The regions that are no names, as bits. */
  readonly placed: bigint;
  readonly #keys: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  /** Undefined, at number 0: without the label. */
  readonly #values: readonly (readonly (string | undefined)[])[];

  /** `values`: by key, as `labelValues` gives them. */
  constructor(values: ReadonlyMap<string, readonly string[]>, terms: readonly Term[]) {
    this.#keys = [...values.keys()];
    this.#numbers = new Map(this.#keys.map((key, index) => [key, index]));
    this.#values = [...values.values()].map((named) => [undefined, ...named]);
    const addresses = ([4, 6] as const).flatMap((family) => regionsOf(terms, family));
    const placed: Region[] = [{ family: null, examples: [] }, ...addresses];
    this.regions = [...placed, ...namesIn(terms)];
    const full = (count: number): bigint => (1n << BigInt(count)) - 1n;
    this.placed = full(placed.length);
    this.all = [workload | nobody, full(this.regions.length), ...this.#values.map(({ length }) => full(length))];
  }

  /** A term as a box: it matches an end where every dimension has a value inside. */
  boxOf(term: Term): Box {
    const box = [...this.all];
    if (term.kind === 'addresses') box[regionDimension] = this.#regionsIn(term);
    if (term.kind === 'domain') box[regionDimension] = this.#namesBelow(term);
    if (term.kind !== 'workloads') return box;
    box[ownerDimension] = workload;
    for (const requirement of term.requirements) {
      const number = this.#numbers.get(requirement.key) ?? 0;
      const dimension = firstKey + number;
      box[dimension] = (box[dimension] ?? 0n) & this.#valuesOf(requirement, this.#values[number] ?? []);
    }
    return box;
  }

  /** Some workload of the box, by its labels; those that matter to nobody are left out. */
  labelsIn(box: Box): Labels {
    const labels: Record<string, string> = {};
    for (const [index, key] of this.#keys.entries()) {
      const allowed = box[firstKey + index] ?? 0n;
      const value = this.#values[index]?.[lowestBit(allowed)];
      if (value !== undefined) labels[key] = value;
    }
    return labels;
  }

  #valuesOf({ operator, values }: Requirement, known: readonly (string | undefined)[]): bigint {
    const holds = (value: string | undefined): boolean => {
      if (operator === 'exists') return value !== undefined;
      if (operator === 'absent') return value === undefined;
      const listed = value !== undefined && values.includes(value);
      return operator === 'in' ? listed : !listed;
    };
    return known.reduce((bits, value, index) => (holds(value) ? bits | (1n << BigInt(index)) : bits), 0n);
  }

  #regionsIn(term: Term & { readonly kind: 'addresses' }): bigint {
    const ranges = addressSetRanges(term.set);
    return this.#regionsWhere((region) => {
      if (isName(region) || region.examples[0] === undefined) return false;
      const at = addressBits(region.examples[0]);
      return ranges.some((range) => range.family === region.family && range.first <= at && at <= range.last);
    });
  }

  #namesBelow = ({ name }: Term & { readonly kind: 'domain' }): bigint =>
    this.#regionsWhere((region) => isName(region) && domainCovers(name, region.example));

  #regionsWhere(holds: (region: Region) => boolean): bigint {
    return this.regions.reduce((bits, region, index) => (holds(region) ? bits | (1n << BigInt(index)) : bits), 0n);
  }
}

export const isName = (region: Region): region is NameEnd => 'example' in region;

export function lowestBit(bits: bigint): number {
  let index = 0;
  for (let rest = bits; rest !== 0n && (rest & 1n) === 0n; rest >>= 1n) index++;
  return index;
}

/** By key: the values that may matter. The two that stand for all others are in no selector. */
export function labelValues(documents: readonly Document[], terms: readonly Term[]): Map<string, string[]> {
  const named = new Map<string, Set<string>>();
  const note = (key: string, values: readonly string[]) => {
    const known = named.get(key) ?? new Set<string>();
    named.set(key, known);
    for (const value of values) known.add(value);
  };
  for (const term of terms) {
    if (term.kind === 'workloads') for (const { key, values } of term.requirements) note(key, values);
  }
  const declared = new Map<string, readonly string[]>();
  for (const document of documents) {
    if (document.kind === 'Ruleset' && document.scopes.kind === 'each')
      for (const key of document.scopes.keys) note(key, []);
    if (document.kind === 'LabelKey' && document.values !== null) declared.set(document.name, document.values);
  }
  return new Map([...named].map(([key, values]) => [key, [...(declared.get(key) ?? withOthers(values))]]));
}

function withOthers(values: ReadonlySet<string>): string[] {
  const others: string[] = [];
  for (let number = 1; others.length < 2; number++) {
    const value = number === 1 ? 'another' : `another-${number}`;
    if (!values.has(value)) others.push(value);
  }
  return [...others, ...values];
}

function regionsOf(terms: readonly Term[], family: Family): AddressRegion[] {
  const ranges = terms.flatMap((term, tag) =>
    term.kind !== 'addresses'
      ? []
      : addressSetRanges(term.set).flatMap((range) => (range.family === family ? [{ ...range, tag }] : [])),
  );
  const whole = { first: 0n, last: (1n << BigInt(familyWidth(family))) - 1n, tag: terms.length };
  const regions = new Map<string, Address[]>();
  for (const { first, last, tags } of overlay([whole, ...ranges])) {
    const examples = regions.get(tags.join(',')) ?? [];
    regions.set(tags.join(','), examples);
    for (let at = first; at <= last && examples.length < 2; at++) examples.push(addressFromBits(family, at));
  }
  return [...regions.values()].map((examples) => ({ family, examples }));
}
