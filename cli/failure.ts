import type { Problem } from '@bulkhead/model/problem.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

type FailureParts = { readonly code: string; readonly exit: ExitCode; readonly hint?: string | null };

/**
 * The reason a command ends early. Thrown, because it crosses layers that could only pass it on, and caught in one
 * place (cli/main.ts), which prints message and hint and never a stack.
 */
export class Failure extends Error {
  readonly code: string;
  readonly exit: ExitCode;
  readonly hint: string | null;

  constructor(message: string, parts: FailureParts) {
    super(message);
    this.code = parts.code;
    this.exit = parts.exit;
    this.hint = parts.hint ?? null;
  }
}

export const badInput = (code: string, message: string, hint: string | null = null): Failure =>
  new Failure(message, { code, exit: exitCodes.badInput, hint });

export const cannot = (code: string, message: string, hint: string | null = null): Failure =>
  new Failure(message, { code, exit: exitCodes.cannot, hint });

/** Input files with problems: all of them at once, each with its place. */
export class ProblemsFailure extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`${problems.length} problems`);
    this.problems = problems;
  }
}
