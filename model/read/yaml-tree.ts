import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Finding } from '../finding.ts';
import { tooDeep } from './limits.ts';
import { isItsOwnText, olderKind } from './older-yaml.ts';
import type { Reading } from './reading.ts';
import type { Entry, OlderKind, Tree } from './tree.ts';

type Anchored = { readonly tree: Tree; readonly size: number; readonly height: number };

type Walk = {
  readonly reading: Reading;
  /** Anchors whose value is complete; one that is still being read is not here, so a cycle finds nothing. */
  readonly anchors: Map<string, Anchored>;
  expanded: number;
  failed: boolean;
};

/** What was read, how many values it stands for with aliases expanded, and how deep it is (a scalar is 0). */
type Branch = Anchored;

/** Null when the document is empty or something in it was reported. */
export function treeOf(reading: Reading, document: Document.Parsed): Tree | null {
  if (document.contents === null) return null;
  const walk: Walk = { reading, anchors: new Map(), expanded: 0, failed: false };
  const { tree } = branchOf(walk, document.contents, 0);
  return walk.failed || tree.kind === 'null' ? null : tree;
}

function branchOf(walk: Walk, node: Node, depth: number): Branch {
  if (isAlias(node)) return aliasBranch(walk, node.source, { offset: offsetOf(node), depth });
  const branch = valueBranch(walk, node, depth);
  if ('anchor' in node && typeof node.anchor === 'string') walk.anchors.set(node.anchor, branch);
  return branch;
}

function valueBranch(walk: Walk, node: Node, depth: number): Branch {
  if (isScalar(node)) return { tree: scalarTree(node), size: 1, height: 0 };
  if (depth >= walk.reading.limits.nesting) return failed(walk, offsetOf(node), tooDeep(walk.reading.limits));
  if (isMap(node)) return mapBranch(walk, node, depth);
  if (isSeq(node)) return listBranch(walk, node, depth);
  return { tree: { kind: 'null', offset: offsetOf(node) }, size: 1, height: 0 };
}

function aliasBranch(walk: Walk, name: string, at: { readonly offset: number; readonly depth: number }): Branch {
  const target = walk.anchors.get(name);
  if (target === undefined) return failed(walk, at.offset, unknownAlias(name));
  walk.expanded += target.size;
  const { limits } = walk.reading;
  const { aliases } = limits;
  if (walk.expanded > aliases) return failed(walk, at.offset, aliasBomb(aliases));
  if (at.depth + target.height > limits.nesting) return failed(walk, at.offset, tooDeep(limits));
  return target;
}

function mapBranch(walk: Walk, map: YAMLMap, depth: number): Branch {
  const entries = new Map<string, Entry>();
  let [size, height] = [1, 0];
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const key = keyOf(walk, pair.key);
    if (key === null) continue;
    const keyOffset = offsetOf(pair.key);
    if (entries.has(key)) failed(walk, keyOffset, duplicateKey(key));
    const olderKey = olderKeyOf(pair.key);
    const empty: Branch = { tree: { kind: 'null', offset: keyOffset }, size: 1, height: 0 };
    const value = pair.value === null ? empty : branchOf(walk, pair.value, depth + 1);
    entries.set(key, { keyOffset, value: value.tree, ...(olderKey !== null && { olderKey }) });
    [size, height] = [size + value.size, Math.max(height, value.height)];
  }
  return { tree: { kind: 'map', offset: offsetOf(map), entries }, size, height: height + 1 };
}

function listBranch(walk: Walk, list: YAMLSeq, depth: number): Branch {
  const branches = (list.items as Node[]).map((item) => branchOf(walk, item, depth + 1));
  const size = branches.reduce((sum, branch) => sum + branch.size, 1);
  const height = branches.reduce((most, branch) => Math.max(most, branch.height), 0);
  const items = branches.map((branch) => branch.tree);
  return { tree: { kind: 'list', offset: offsetOf(list), items }, size, height: height + 1 };
}

function keyOf(walk: Walk, key: Node): string | null {
  if (isScalar(key) && key.value !== null)
    return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  failed(walk, offsetOf(key), {
    code: 'wrong-type',
    cannot: 'read the key',
    so: 'it is not a text',
    needed: 'a text is needed',
  });
  return null;
}

function olderKeyOf(key: Node): OlderKind | null {
  if (!isScalar(key) || !isPlain(key)) return null;
  if (typeof key.value === 'string') return olderKind(key.value);
  if (isItsOwnText(key.source ?? '')) return null;
  return typeof key.value === 'boolean' ? 'boolean' : 'number';
}

/** Without quotes and without a tag that says what it is. */
const isPlain = ({ type, tag }: Scalar): boolean => type === 'PLAIN' && tag === undefined;

function scalarTree(scalar: Scalar): Tree {
  const { value } = scalar;
  const offset = offsetOf(scalar);
  if (typeof value === 'string') {
    const older = isPlain(scalar) ? olderKind(value) : null;
    return { kind: 'text', offset, value, ...(older !== null && { older }) };
  }
  if (value === null) return { kind: 'null', offset };
  return { kind: typeof value === 'boolean' ? 'boolean' : 'number', offset, value: scalar.source ?? String(value) };
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** The stand-in for a value that cannot be read; the document it is in is left out. */
function failed(walk: Walk, offset: number, finding: Finding): Branch {
  walk.failed = true;
  walk.reading.report(offset, finding);
  return { tree: { kind: 'null', offset }, size: 1, height: 0 };
}

const aliasBomb = (most: number): Finding => ({
  code: 'too-many-aliases',
  cannot: 'expand the aliases',
  so: `they stand for more than ${most} values`,
  needed: 'fewer aliases are needed',
});

function unknownAlias(name: string): Finding {
  const so = 'no anchor of that name is complete before it';
  return {
    code: 'unknown-alias',
    cannot: 'expand the alias',
    value: name,
    so,
    needed: 'an anchor before it is needed',
  };
}

function duplicateKey(key: string): Finding {
  const so = 'the same map has it before';
  return { code: 'duplicate-key', cannot: 'read the key', value: key, so, needed: 'each key once is needed' };
}
