import { HostCompiler, isTooLarge } from '../provision/host-compiler.ts';
import { meaningOf, type Side } from '../provision/side.ts';
import { paced } from './paced.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';

/**
 * A policy that asks more of a host than it may hold becomes no version. What grows beyond that later, because the estate
 * does, is a problem of the host, which goes on with what it has.
 */
export async function refuseTooLarge({ budget, clock }: ApiParts, what: string, side: Side): Promise<void> {
  const compiler = new HostCompiler(meaningOf(side, clock()), budget);
  const { problems } = await paced(compiler.takeInSteps(), {});
  const large = [...problems.values()].filter(isTooLarge);
  const [first] = large;
  if (first === undefined) return;
  const more = large.length === 1 ? '' : ` (and ${large.length - 1} hosts more)`;
  throw new Refused('host-too-large', `Cannot provision ${what}: ${first.message}${more}`, large);
}
