import { policyPathLimit } from '@bulkhead/model/policy-path.ts';
import Type from 'typebox';

export const labelsSchema = Type.Record(Type.String(), Type.String({ maxLength: 63 }), { maxProperties: 64 });
export const modeSchema = Type.Union([
  Type.Literal('observe'),
  Type.Literal('test'),
  Type.Literal('selective'),
  Type.Literal('enforce'),
]);
export const nameParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 253 }) });
export const versionParams = Type.Object({ version: Type.Integer({ minimum: 0 }) });

/** What it may be is said by the rule for paths of policy files. */
const filePath = Type.String({ minLength: 1, maxLength: policyPathLimit });

/** Files of one policy: many small ones or few large ones, in all no more than a body may have. */
export const filesSchema = Type.Array(
  Type.Object({ path: filePath, text: Type.String({ maxLength: 64 * 1024 * 1024 }) }, { additionalProperties: false }),
  { maxItems: 10_000 },
);
export const assignmentsSchema = Type.Array(
  Type.Object(
    {
      workload: Type.String({ minLength: 1, maxLength: 253 }),
      key: Type.String({ minLength: 1, maxLength: 317 }),
      value: Type.Union([Type.String({ maxLength: 63 }), Type.Null()]),
    },
    { additionalProperties: false },
  ),
  { maxItems: 200_000 },
);
/** Bytes of a request that carries policy text: a file of 64 MB, escaped as JSON. */
export const policyBodyLimit = 96 * 1024 * 1024;
export type Mode = Type.Static<typeof modeSchema>;
