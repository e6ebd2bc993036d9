/** One file of policy as people wrote it. Paths are names for problems and people; nothing is opened by them. */
export type PolicyFile = { readonly path: string; readonly text: string };

/** Sets a label, or removes it where the value is null. */
export type LabelAssignment = { readonly workload: string; readonly key: string; readonly value: string | null };
