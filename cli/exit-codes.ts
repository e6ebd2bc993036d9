/** What a command's exit code says; scripts depend on these numbers. */
export const exitCodes = {
  ok: 0,
  /** The command worked and its answer is no: a test failed, a difference was found. */
  no: 1,
  /** Something given to the command cannot be used: an option, a file, a name. */
  badInput: 2,
  /** The command could not reach or do what it needs: no controller, no privilege, no disk. */
  cannot: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
