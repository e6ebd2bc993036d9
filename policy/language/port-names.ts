import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { End, Rule, RulesetDocument, Selector } from '@bulkhead/model/documents.ts';
import { type PortName, portKey, portRangeOf } from '@bulkhead/model/port-name.ts';
import { labelOf } from '@bulkhead/model/requirements.ts';
import { formatServiceRange } from '@bulkhead/net/service-space.ts';
import type { Estate } from '../estate.ts';
import { equals } from './selector.ts';

/** What workloads mean by names of ports: the values of each `port:` key that a policy asks for. */
export type PortValues = (key: string) => readonly string[];

export function portValuesOf({ workloads }: Estate): PortValues {
  const known = new Map<string, readonly string[]>();
  return (key) => {
    const values = known.get(key) ?? [...new Set(workloads.flatMap(({ labels }) => labelOf(labels, key) ?? []))];
    known.set(key, values);
    return [...values].sort(compareBytes);
  };
}

/** The `port:` keys that rules of the ruleset ask for. */
export function portKeysOf({ rules }: RulesetDocument): ReadonlySet<string> {
  return new Set(rules.flatMap(({ services }) => services.filter((ref) => ref.kind === 'portName').map(portKey)));
}

/**
 * SPEC R10: the rule without names of ports, and once for each port that some workload gives one of the names, to those
 * workloads alone. All of them are the rule: they keep its name.
 */
export function withPortNumbers(rule: Rule, values: PortValues): readonly Rule[] {
  const names = rule.services.filter((ref) => ref.kind === 'portName');
  if (names.length === 0) return [rule];
  const plain = rule.services.filter((ref) => ref.kind !== 'portName');
  const served = names.flatMap((name) => values(portKey(name)).map((value) => onPort(rule, name, value)));
  return plain.length === 0 ? served : [{ ...rule, services: plain }, ...served];
}

function onPort(rule: Rule, name: PortName, value: string): Rule {
  const range = portRangeOf(name, value);
  const services = [{ kind: 'range', range, text: formatServiceRange(range) ?? name.text } as const];
  return { ...rule, services, to: rule.to.map((end) => whoHas(end, portKey(name), value)) };
}

/** `any` that has a port of that name is a workload. */
function whoHas(end: End, key: string, value: string): End {
  const has = equals(key, value);
  const { identity } = end;
  if (end.kind === 'selector') return { ...end, selector: narrowed(end.selector, has) };
  if (end.kind === 'any') return { kind: 'selector', selector: narrowed(everyone, has), scoped: false, identity };
  throw new Error(`A port of ${end.kind} has no name`);
}

const everyone: Selector = { text: '', requirements: [] };

const narrowed = ({ text, requirements }: Selector, has: Selector['requirements'][number]): Selector => ({
  text: `${text === '' ? '' : `${text},`}${has.key}=${has.values.join('')}`,
  requirements: [...requirements, has],
});
