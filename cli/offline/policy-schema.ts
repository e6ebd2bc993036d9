import { listed } from '@bulkhead/model/nearest.ts';
import { documentKinds } from '@bulkhead/model/parse.ts';
import { documentSchemas } from '@bulkhead/model/schema/document-schemas.ts';
import { answer, type Call, type CommandText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { table } from '../table.ts';

export const policySchemaCommand: CommandText = {
  usage: 'schema [kind]',
  about: 'the JSON Schema of a kind of document, for editors; without one the kinds there are',
  run: showSchema,
};

async function showSchema(call: Call): Promise<ExitCode> {
  const [wanted] = call.args;
  if (wanted === undefined) {
    const rows = documentKinds.map((kind) => [kind, documentSchemas[kind].description ?? '']);
    return answer(call, documentSchemas, () => table(['KIND', 'ABOUT'], rows));
  }
  const kind = documentKinds.find((known) => known === wanted);
  if (kind === undefined) {
    const needed = `one of ${listed(documentKinds)} is needed`;
    throw badInput('unknown-kind', `Cannot show the schema of "${wanted}": there is no such kind, ${needed}`);
  }
  return answer(call, documentSchemas[kind], () => JSON.stringify(documentSchemas[kind], null, 2));
}
