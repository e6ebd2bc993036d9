import type { AddressBook } from '@bulkhead/flows/address-book.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import type { LearnedAddresses } from '@bulkhead/wire/messages.ts';

type Known = { readonly book: Pick<AddressBook, 'ownerAt'>; readonly now: number };

/**
 * What a host learned of names, and where that lets it reach more than the name: an address that other names of its rules
 * have as well, or that is a workload's. Null: its rules name no domains.
 */
export function learnedNames({ book, now }: Known, names: LearnedAddresses | undefined) {
  if (names === undefined) return null;
  const byAddress = Map.groupBy(names.learned, ({ address }) => address);
  const learned = names.learned.map(({ name, address, since, answered }) => {
    const others = (byAddress.get(address) ?? []).map((one) => one.name).filter((one) => one !== name);
    const parsed = parseAddress(address);
    const owner = parsed === null ? null : book.ownerAt(defaultNetwork, parsed, now);
    return {
      name,
      address,
      since: new Date(since).toISOString(),
      answered: new Date(answered).toISOString(),
      alsoNamed: others,
      workload: owner?.kind === 'workload' ? owner.name : null,
    };
  });
  return { learned, more: names.more };
}
