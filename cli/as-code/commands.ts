import type { Command } from 'commander';
import { define, type Session } from '../command.ts';
import { applyCommand } from './apply.ts';
import { planCommand } from './plan.ts';
import { pullCommand } from './pull.ts';

/** Policy that is kept in a repository: what is in force as files, what they would change, and exactly that. */
export function defineAsCode(policy: Command, session: Session): void {
  for (const command of [pullCommand, planCommand, applyCommand]) define(policy, session, command);
}
