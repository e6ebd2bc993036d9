import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkedRun, defaultRun } from './site.ts';

export type DemoOptions = {
  readonly data: string;
  /** The data directory was made for this run and goes with it. */
  readonly temporary: boolean;
  readonly listen: string;
  readonly run: string;
  readonly exitAfterReady: boolean;
};

export const demoHelp = `bulkhead demo - controller, demo estate with traffic, and a live view; everything goes when it ends

  --data DIR          keep the controller's data there (default: a temporary directory)
  --listen ADDR:PORT  the controller's address (default 127.0.0.1:8443)
  --run DIR           where the lab lives (default ${defaultRun}); the name begins with bulkhead-lab
  --exit-after-ready  end when everything runs
`;

/** The options, or what is wrong with them, or help asked for. A data directory is made where none is given. */
export function parseDemoOptions(
  argv: readonly string[],
): DemoOptions | { readonly text: string; readonly exit: 0 | 2 } {
  try {
    const { values } = parseArgs({ args: [...argv], options: known });
    if (values.help === true) return { text: demoHelp, exit: 0 };
    const run = checkedRun(values.run ?? defaultRun);
    if (run === null) return { text: `Cannot use run directory "${values.run}": see --help\n`, exit: 2 };
    return {
      data: values.data === undefined ? mkdtempSync(`${tmpdir()}/bulkhead-demo-`) : resolve(values.data),
      temporary: values.data === undefined,
      listen: values.listen ?? '127.0.0.1:8443',
      run,
      exitAfterReady: values['exit-after-ready'] ?? false,
    };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n`, exit: 2 };
  }
}

const known = {
  data: { type: 'string' },
  listen: { type: 'string' },
  run: { type: 'string' },
  'exit-after-ready': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
