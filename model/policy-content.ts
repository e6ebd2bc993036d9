/** One file of policy as people wrote it. Paths are names for problems and people; nothing is opened by them. */
export type PolicyFile = { readonly path: string; readonly text: string };

/** Sets a label, or removes it where the value is null. */
export type LabelAssignment = { readonly workload: string; readonly key: string; readonly value: string | null };

/** What a version says: its files, and every label that people have assigned. */
export type PolicyContent = { readonly files: readonly PolicyFile[]; readonly labels: readonly LabelAssignment[] };

/**
 * The text whose SHA-256 in hex is the hash of a version. The order of files and of assignments means nothing, so neither
 * does it here.
 */
export function canonicalContent({ files, labels }: PolicyContent): string {
  const sortedFiles = files.map((file) => [file.path, file.text]).sort(byText);
  const sortedLabels = labels.map((label) => [label.workload, label.key, label.value]).sort(byText);
  return JSON.stringify([sortedFiles, sortedLabels]);
}

function byText(a: readonly unknown[], b: readonly unknown[]): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
