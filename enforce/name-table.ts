import type { Address } from '@bulkhead/net/address.ts';
import type { Done } from './back-end.ts';

/** An address of a domain name as the ruleset names it. `seconds`: for how long from now. */
export type NamedAddress = { readonly name: string; readonly address: Address; readonly seconds: number };
export type NameChange = {
  readonly put: readonly NamedAddress[];
  readonly removed: readonly Omit<NamedAddress, 'seconds'>[];
};

/**
 * The addresses of domain names beside the ruleset that looks at them. It knows no DNS: who learns addresses says what
 * belongs there and for how long, and only names of the ruleset in force have a place.
 */
export type NameTable = {
  /** Of these names; what has no place in the kernel has no addresses there. */
  read(names: readonly string[]): Promise<Done<readonly NamedAddress[]>>;
  /** One transaction; an address that is there gets the time that is left anew. */
  change(change: NameChange): Promise<Done<null>>;
  /** As soon as can be, without an answer: what becomes of it `read` says. */
  put(addresses: readonly NamedAddress[]): void;
  close(): void;
};
