import type { Document, End, Exception, Rule, Selector, ServiceRef } from './documents.ts';
import type { Place } from './problem.ts';

/** What a rule or an invariant points to, those of its exceptions too. */
export type Clause = {
  readonly place: Place;
  /** Ends at which domain names stand: the `to` of an allow rule. */
  readonly named: readonly End[];
  readonly unnamed: readonly End[];
  readonly services: readonly ServiceRef[];
};

export function clausesOf(document: Document): readonly Clause[] {
  if (document.kind === 'Ruleset') return document.rules.map(clauseOfRule);
  if (document.kind !== 'Invariant') return [];
  const { never, except, place } = document;
  const unnamed = [...never.from, ...never.to, ...except.flatMap(endsOf)];
  return [{ place, named: [], unnamed, services: [...(never.services ?? []), ...except.flatMap(servicesOf)] }];
}

function clauseOfRule({ verdict, from, to, except, services, place }: Rule): Clause {
  const named = verdict === 'allow' ? to : [];
  const unnamed = [...from, ...(verdict === 'allow' ? [] : to), ...except.flatMap(endsOf)];
  return { place, named, unnamed, services: [...services, ...except.flatMap(servicesOf)] };
}

const endsOf = ({ from, to }: Exception): readonly End[] => [...(from ?? []), ...(to ?? [])];
const servicesOf = ({ services }: Exception): readonly ServiceRef[] => services ?? [];

/** A selector and the nearest place that is known for it. */
export type PlacedSelector = { readonly selector: Selector; readonly place: Place };

/** Every selector of a document, those of its ends too. */
export function selectorsOf(document: Document): readonly PlacedSelector[] {
  const { place } = document;
  const ofEnds = clausesOf(document).flatMap((clause) =>
    [...clause.named, ...clause.unnamed].flatMap((end) =>
      end.kind === 'selector' ? [{ selector: end.selector, place: clause.place }] : [],
    ),
  );
  switch (document.kind) {
    case 'Mode':
    case 'LabelSource':
      return [{ selector: document.selector, place }];
    case 'Ownership':
      return [{ selector: document.scope, place }];
    case 'Dependency':
      return [{ selector: document.of, place }];
    case 'VirtualService':
      return [{ selector: document.members.selector, place }];
    case 'Ruleset': {
      const { scopes } = document;
      return [...(scopes.kind === 'list' ? scopes.selectors.map((selector) => ({ selector, place })) : []), ...ofEnds];
    }
    default:
      return ofEnds;
  }
}
