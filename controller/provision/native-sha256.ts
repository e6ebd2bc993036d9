import { hash } from 'node:crypto';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { Sha256 } from '@bulkhead/model/sha256.ts';

export const nativeSha256: Sha256 = (message) => hash('sha256', message, 'buffer');

/** What `contentHash` says, sooner: the controller hashes the rulesets of all hosts. */
export const hashOf = (content: HostRulesetContent): string => contentHash(content, nativeSha256);
