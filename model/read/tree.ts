/**
 * One YAML document as plain values that know where they stand. `offset` counts characters from the start of the file.
 * An alias is the very tree it stands for. Keys of a map are unique texts in the author's order.
 */
export type Tree =
  | { readonly kind: 'map'; readonly offset: number; readonly entries: ReadonlyMap<string, Entry> }
  | { readonly kind: 'list'; readonly offset: number; readonly items: readonly Tree[] }
  | { readonly kind: 'text'; readonly offset: number; readonly value: string; readonly older?: OlderKind }
  /** What YAML takes for a number or truth value; `value` is as it was written. */
  | { readonly kind: 'number' | 'boolean'; readonly offset: number; readonly value: string }
  | { readonly kind: 'null'; readonly offset: number };

/** `olderKey`: what readers of YAML 1.1 take the key for, where they make another text of it. */
export type Entry = { readonly keyOffset: number; readonly value: Tree; readonly olderKey?: OlderKind };

/** What readers of YAML 1.1 take a text without quotes for; absent where it is a text to them, too. */
export type OlderKind = 'number' | 'boolean';
