/** Which verdicts: modes applied and staged rules left out, or as if everything were enforced. */
export type View = 'effective' | 'intended';

/** What of a preview is looked at; absent: what opens, at once. */
export type PreviewSearch = {
  readonly show?: 'opens' | 'closes' | 'hosts' | 'flows' | 'tests' | 'invariants' | 'anomalies';
  readonly as?: View;
};

/** `with`: the version it is compared with; absent: the one before it. */
export type VersionSearch = {
  readonly show?: 'files' | 'opens' | 'closes' | 'text';
  readonly with?: number;
  readonly as?: View;
};

/** The file that is open, and a line of it to go to. */
export type DraftSearch = { readonly file?: string; readonly line?: number };

type Said = Record<string, unknown>;

export function draftSearch({ file, line }: Said): DraftSearch {
  return { ...(typeof file === 'string' ? { file } : {}), ...(isWholeNumber(line) ? { line } : {}) };
}

export function previewSearch({ show, as }: Said): PreviewSearch {
  return {
    ...oneOf('show', show, ['opens', 'closes', 'hosts', 'flows', 'tests', 'invariants', 'anomalies']),
    ...oneOf('as', as, ['effective', 'intended']),
  };
}

export function versionSearch({ show, as, with: other }: Said): VersionSearch {
  return {
    ...oneOf('show', show, ['files', 'opens', 'closes', 'text']),
    ...oneOf('as', as, ['effective', 'intended']),
    ...(isWholeNumber(other) ? { with: other } : {}),
  };
}

const isWholeNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function oneOf<K extends string, const V extends string>(
  key: K,
  value: unknown,
  known: readonly V[],
): { [P in K]?: V } {
  const found = known.find((one) => one === value);
  return found === undefined ? {} : ({ [key]: found } as { [P in K]?: V });
}
