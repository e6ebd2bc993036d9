import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Session } from './command.ts';
import { defineOffline } from './offline/commands.ts';
import { defineOnline } from './online/commands.ts';
import { withoutSecrets } from './plain-text.ts';

const elsewhere = `
Programs of their own (each has --help):
  up                controller with its embedded stores
  agent             agent on this host (root)
  lab               the demo estate in network namespaces (root)
  demo              controller and demo estate at once, until Ctrl-C (root)

Exit codes: 0 ok, 1 the answer is no, 2 bad input, 3 cannot reach or do.`;

/** All commands with their options; running one sets `session.exit`. */
export function buildProgram(session: Session): Command {
  const program = new Command('bulkhead')
    .description('Host-based microsegmentation: see, label, draft, prove, enforce')
    .version(version(), '--version')
    .helpCommand(false)
    // Where a command has both arguments and commands below it, options belong to what they stand behind.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for what this command takes)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => session.terminal.say(text.trimEnd()),
      writeErr: (text) => session.terminal.note(withoutSecrets(text.trimEnd())),
      outputError: (text, write) => write(text.replace(/^error: /, 'Cannot run the command: ')),
    })
    .addHelpText('after', elsewhere);
  defineOffline(program, session);
  defineOnline(program, session);
  return program;
}

function version(): string {
  const manifest = readFileSync(new URL('package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
