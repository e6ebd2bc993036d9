import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import type { Document, VirtualServiceDocument } from './documents.ts';
import { problemOf } from './finding.ts';
import { formatPlace } from './format-problem.ts';
import type { Problem } from './problem.ts';

/** A frontend leads to the members of one virtual service: an error for the second and every further one that has it. */
export function checkFrontends(documents: readonly Document[]): Problem[] {
  const owners = new Map<string, VirtualServiceDocument>();
  return documents.flatMap((document) => {
    if (document.kind !== 'VirtualService') return [];
    return document.frontends.flatMap(({ network, address, service }) => {
      const key = `${network} ${address} ${service}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, document);
      if (owner === undefined || owner === document) return [];
      return [claimed(document, owner, `${address} ${formatServicePoint(service)}`)];
    });
  });
}

function claimed(document: VirtualServiceDocument, owner: VirtualServiceDocument, frontend: string): Problem {
  const so = `"${owner.name}" at ${formatPlace(owner.place)} has it too`;
  const needed = 'one virtual service per frontend is needed';
  const cannot = `give ${frontend} to the VirtualService`;
  return problemOf({ code: 'duplicate-frontend', cannot, value: document.name, so, needed }, document.place);
}
