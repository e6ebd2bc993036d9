import type { Command } from 'commander';
import { define, group, type Session } from '../command.ts';
import { doctorCommand } from '../doctor/doctor.ts';
import { proofVerifyCommand } from '../offline/proof-verify.ts';
import { draftCommands, labelCommands } from './drafts.ts';
import { flowsCommand } from './flows.ts';
import { hostsCommand } from './hosts.ts';
import { ipListCommands } from './ip-lists.ts';
import { isolateCommand, isolationCommands, releaseCommand } from './isolate.ts';
import { loginCommand } from './login.ts';
import { pairingKeyCommands } from './pairing-keys.ts';
import { proofOnlineCommands } from './proof.ts';
import { provisionCommand, restoreCommand } from './provision.ts';
import { auditCommand, versionsCommand } from './records.ts';
import { statusCommand } from './status.ts';
import { tokenCommands } from './tokens.ts';
import { userCommands } from './users.ts';
import { watchCommand } from './watch.ts';
import { workloadCommands } from './workloads.ts';

const groups = [
  { name: 'workload', about: 'workloads of the estate', commands: workloadCommands },
  { name: 'label', about: 'labels, changed in drafts', commands: labelCommands },
  { name: 'ip-list', about: 'lists of prefixes, changed in drafts', commands: ipListCommands },
  { name: 'draft', about: 'policies that are being changed', commands: draftCommands },
  { name: 'user', about: 'who may sign in', commands: userCommands },
  { name: 'token', about: 'with what programs sign in', commands: tokenCommands },
  {
    name: 'proof',
    about: 'what is proven of hosts, and evidence of it',
    commands: [...proofOnlineCommands, proofVerifyCommand],
  },
  { name: 'pairing-key', about: 'secrets with which hosts enrol', commands: pairingKeyCommands },
];

/** Commands that ask a controller, over its control socket or with a session. */
export function defineOnline(program: Command, session: Session): void {
  for (const command of [statusCommand, hostsCommand, flowsCommand, watchCommand]) define(program, session, command);
  for (const { name, about, commands } of groups) {
    const parent = group(program, name, about);
    for (const command of commands) define(parent, session, command);
  }
  const isolate = define(program, session, isolateCommand);
  isolate.enablePositionalOptions();
  for (const command of isolationCommands) define(isolate, session, command);
  define(program, session, releaseCommand);
  for (const command of [provisionCommand, versionsCommand, restoreCommand]) define(program, session, command);
  for (const command of [auditCommand, loginCommand, doctorCommand]) define(program, session, command);
}
