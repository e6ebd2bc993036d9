import type { Command } from 'commander';
import { define, type Session } from '../command.ts';
import { doctorCommand } from '../doctor/doctor.ts';

/** Commands that ask a controller. */
export function defineOnline(program: Command, session: Session): void {
  define(program, session, doctorCommand);
}
