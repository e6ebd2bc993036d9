import { type Command, Option } from 'commander';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { badInput } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** One use of a command: what was given, and where its answer goes. */
export type Call = {
  readonly terminal: Terminal;
  /** Answer in JSON on standard output and nothing else there. */
  readonly json: boolean;
  readonly args: readonly (string | undefined)[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Fires when the operator interrupts or ends the command. */
  readonly ended: AbortSignal;
};

export type Session = {
  readonly terminal: Terminal;
  readonly ended: AbortSignal;
  /** Set by the command that ran. */
  exit: ExitCode;
};

export type OptionText = {
  readonly flags: string;
  readonly about: string;
  readonly choices?: readonly string[];
  readonly fallback?: string;
  readonly required?: boolean;
  /** May be given several times; read with `optionList`. One value each, so that arguments may follow. */
  readonly repeat?: boolean;
};

export type CommandText = {
  /** Name and arguments as commander writes them: `show <name>`, `put <name> <directory>`. */
  readonly usage: string;
  readonly about: string;
  readonly options?: readonly OptionText[];
  readonly run: (call: Call) => Promise<ExitCode>;
};

export function define(parent: Command, session: Session, text: CommandText): Command {
  const command = parent.command(text.usage).description(text.about);
  for (const option of text.options ?? []) command.addOption(toOption(option));
  command.option('--json', 'answer in JSON');
  command.action(async () => {
    const options = command.opts();
    session.exit = await text.run({
      terminal: session.terminal,
      json: options.json === true,
      args: command.processedArgs as (string | undefined)[],
      options,
      ended: session.ended,
    });
  });
  return command;
}

export function group(parent: Command, name: string, about: string): Command {
  return parent.command(name).description(about);
}

function toOption(text: OptionText): Option {
  const option = new Option(text.flags, text.about);
  if (text.choices !== undefined) option.choices([...text.choices]);
  if (text.fallback !== undefined) option.default(text.fallback);
  if (text.required === true) option.makeOptionMandatory();
  if (text.repeat === true) option.argParser((value, before: string[] = []) => [...before, value]);
  return option;
}

/** The nth argument; commander has already refused a call without a required one. */
export const argument = (call: Call, index: number): string => call.args[index] ?? '';

/** A variadic argument as commander gives it. */
export function listArgument(call: Call, index: number): readonly string[] {
  const value: unknown = call.args[index];
  return Array.isArray(value) ? value.map(String) : [];
}

/** An option's text; absent and empty are told apart. */
export function optionText(call: Call, name: string): string | null {
  const value = call.options[name];
  return typeof value === 'string' ? value : null;
}

export function optionList(call: Call, name: string): readonly string[] {
  const value = call.options[name];
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? [value] : [];
}

export const optionSet = (call: Call, name: string): boolean => call.options[name] === true;

/** A whole number of an option, or null when the option is absent. */
export function optionNumber(call: Call, name: string): number | null {
  const text = optionText(call, name);
  return text === null ? null : wholeNumber(text, `--${name}`);
}

export function wholeNumber(text: string, what: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw badInput('not-a-number', `Cannot read ${what} "${text}": it is no whole number, one like 12 is needed`);
}

/** Prints the answer in the asked form. The text form is made only when it is needed. */
export function answer(call: Call, value: unknown, text: () => string): ExitCode {
  call.terminal.say(call.json ? JSON.stringify(value) : text());
  return exitCodes.ok;
}
