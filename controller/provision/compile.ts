import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { compileAll } from '@bulkhead/policy/compile.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { narrows } from '@bulkhead/policy/ruleset/narrows.ts';
import { widenContent } from '@bulkhead/policy/ruleset/widen.ts';
import type { Side } from './side.ts';

export type CompiledHost = { readonly content: HostRulesetContent; readonly hash: string };

/** A host that could not be compiled is in `problems` and keeps what it has. */
export type Compiled = {
  readonly hosts: ReadonlyMap<string, CompiledHost>;
  readonly problems: ReadonlyMap<string, Problem>;
  /** When a rule expires and all this must be done again; null: never. */
  readonly nextExpiry: number | null;
};

/** Every managed host, from scratch. Without a policy nothing is compiled: hosts keep what they have. */
export function compileSide({ estate, policy }: Side, now: number): Compiled {
  const hosts = new Map<string, CompiledHost>();
  const problems = new Map<string, Problem>();
  if (policy === null) return { hosts, problems, nextExpiry: null };
  for (const [workload, content] of compileAll({ estate, policy, now })) {
    if (isProblem(content)) problems.set(workload, content);
    else hosts.set(workload, { content, hash: contentHash(content) });
  }
  return { hosts, problems, nextExpiry: policy.nextExpiry };
}

/**
 * What a host holds between `sent` and `final`, allowing all that either allows: `final` itself where nothing is taken
 * away, `sent` where nothing is added, so that such changes are one step. Also `sent` where both together would cross
 * a limit of host rulesets: then the host changes in one step, after its peers were widened.
 */
export function widen(sent: HostRulesetContent | null, final: CompiledHost): CompiledHost {
  if (sent === null || !narrows(sent, final.content)) return final;
  const kept = { content: sent, hash: contentHash(sent) };
  if (!narrows(final.content, sent)) return kept;
  const widened = widenContent(sent, final.content);
  return isProblem(widened) ? kept : { content: widened, hash: contentHash(widened) };
}
