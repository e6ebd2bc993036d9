import Type from 'typebox';
import type { ExportedRow } from '../../store/proofs.ts';
import { proofsAnswer } from '../answers/proofs.ts';
import { decodeCursor, defaultLimit, encodeCursor, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers } from '../parts.ts';

const since = Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds since the epoch' }));

/** Signed statements as they came, for who checks them without the controller (docs/proof.md). */
export function proofRoutes(app: Api, { store, proofs }: ApiParts): void {
  app.get(
    '/proofs',
    { config: answers('view', proofsAnswer), schema: { querystring: Type.Object({ ...pageQuery, since }) } },
    async ({ query }) => {
      const limit = query.limit ?? defaultLimit;
      const after = decodeCursor(query.cursor, 'number') ?? 0;
      // What came a moment ago is part of the answer.
      await proofs.flush();
      const found = await store.proofs.hours({ since: query.since ?? 0, after, limit: limit + 1 });
      const hours = found.slice(0, limit);
      const isLast = found.length <= limit;
      // The latest of every host stand at the end, however many there are.
      const latest = isLast ? await store.proofs.latest(query.since ?? 0) : [];
      return { items: [...hours, ...latest].map(line), next: isLast ? null : encodeCursor(after + hours.length) };
    },
  );
}

const line = ({ text, signature, pem, receivedAt, latest }: ExportedRow) => ({
  text,
  signature,
  certificate: pem,
  received: receivedAt,
  latest,
});
