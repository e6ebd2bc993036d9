/** One attempt of an edge on stdout: `edge FROM TO SERVICE OUTCOME`; lab/traffic-log.ts adds them up. */
export function edgeLine(to: string, service: string, outcome: string): void {
  const word = outcome.replaceAll(/\s+/g, '-').slice(0, 80);
  process.stdout.write(`edge ${process.env.HOST} ${to} ${service} ${word}\n`);
}

/** What went wrong, as one word: `ECONNREFUSED`, `timeout`. */
export function failureWord(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}
