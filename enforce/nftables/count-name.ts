import type { Outcome } from '@bulkhead/model/decision.ts';
import type { CountKey } from '../back-end.ts';

/** Named by content, so that the same decision goes on counting in the same counter through every generation. */
export function countName(key: CountKey): string {
  return `c_${key.direction === 'inbound' ? 'in' : 'out'}_${fnv1a64(countText(key))}`;
}

/** What people read beside the counter, and what its name is made from. */
export function countText({ decision }: CountKey): string {
  return `${outcomeText(decision.effective)}, intended ${outcomeText(decision.intended)}`;
}

const outcomeText = (outcome: Outcome): string => `${outcome.verdict} ${outcome.rule ?? '-'} ${outcome.tier ?? '-'}`;

/** FNV-1a, 64 bits, over UTF-16 code units; 16 hexadecimal digits. Not for secrets: it only has to be stable and short. */
export function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
