import type { Command } from 'commander';
import type { Session } from '../command.ts';

/** Commands that ask a controller. */
export function defineOnline(_program: Command, _session: Session): void {}
