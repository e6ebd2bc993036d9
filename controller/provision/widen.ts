import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { narrows } from '@bulkhead/policy/ruleset/narrows.ts';
import { widenContent } from '@bulkhead/policy/ruleset/widen.ts';
import type { CompiledHost } from './host-compiler.ts';
import { hashOf } from './native-sha256.ts';

/**
 * What a host holds between `sent` and `final`, allowing all that either allows: `final` itself where nothing is taken
 * away, `sent` where nothing is added, so that such changes are one step. Also `sent` where both together would cross
 * a limit of host rulesets: then the host changes in one step, after its peers were widened.
 */
export function widen(sent: HostRulesetContent | null, final: CompiledHost): CompiledHost {
  if (sent === null || !narrows(sent, final.content)) return final;
  const kept = { content: sent, hash: hashOf(sent), change: null };
  if (!narrows(final.content, sent)) return kept;
  const widened = widenContent(sent, final.content);
  return isProblem(widened) ? kept : { content: widened, hash: hashOf(widened), change: null };
}
