import type { Document } from '@bulkhead/model/documents.ts';
import { olderKind } from '@bulkhead/model/read/older-yaml.ts';
import { portableSha256 } from '@bulkhead/model/sha256.ts';
import { visit, Document as YamlDocument } from 'yaml';
import { hexOf } from './names.ts';
import type { KubernetesObject } from './objects.ts';

/** A file to be written. */
export type Manifest = { readonly name: string; readonly yaml: string };

const files = [
  ['NetworkPolicy', 'network-policies.yaml'],
  ['AdminNetworkPolicy', 'admin-network-policies.yaml'],
  ['BaselineAdminNetworkPolicy', 'baseline-admin-network-policy.yaml'],
] as const;

/** Every name that a manifest may have. */
export const manifestNames: readonly string[] = files.map(([, name]) => name);

/** How every manifest begins. */
export const writtenBy = '# Written by bulkhead export kubernetes';

type Source = { readonly documents: readonly Document[]; readonly cluster: string };

/** One file for each kind that there is; `source` is what it was made from. */
export function writeManifests(objects: readonly KubernetesObject[], source: Source): readonly Manifest[] {
  const made = `# Made from documents with SHA-256 ${contentHash(source.documents)}.`;
  const head = `${writtenBy} for cluster ${source.cluster}.\n${made}\n`;
  return files.flatMap(([kind, name]) => {
    const texts = objects.filter((object) => object.kind === kind).map(yamlText);
    return texts.length === 0 ? [] : [{ name, yaml: head + texts.join('---\n') }];
  });
}

/** With quotes around what kubectl would take for a number or a truth value without them. */
function yamlText(object: KubernetesObject): string {
  const document = new YamlDocument(object, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === 'string' && olderKind(scalar.value) !== null) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** Of what the documents say, in no order, wherever they stand. */
function contentHash(documents: readonly Document[]): string {
  const texts = documents.map((document) =>
    JSON.stringify(document, (key, value: unknown) => {
      if (key === 'place') return undefined;
      return typeof value === 'bigint' ? `${value}` : value;
    }),
  );
  return hexOf(portableSha256(texts.sort().join('\n')));
}
