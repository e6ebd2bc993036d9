import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { rulesetSize } from '@bulkhead/model/host-ruleset-size.ts';

/** What a host ruleset takes up in a kernel, as predicted: elements, and bytes of memory. */
export type SizeView = { readonly elements: number; readonly bytes: number };

export function sizeView(content: HostRulesetContent): SizeView {
  const { total, bytes } = rulesetSize(content);
  return { elements: total, bytes };
}
