import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * A network namespace of its own, held by a process that ends when its standard input closes: nothing stays behind,
 * whatever becomes of the test.
 */
export type NetworkNamespace = {
  readonly pid: number;
  /** What stands before a command to run it inside. */
  readonly enter: readonly string[];
  run(program: string, ...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
};

/** `of a user`: with a user namespace around it, whose root may ask the kernel for less than the machine's. */
export async function openNetworkNamespace(kind: 'plain' | 'of a user' = 'plain'): Promise<NetworkNamespace> {
  const [make, join] =
    kind === 'plain'
      ? [['--net'], ['--net']]
      : [
          ['--user', '--map-root-user', '--net'],
          ['--user', '--net'],
        ];
  const holder = spawn('unshare', [...make, 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await Promise.race([once(holder.stdout, 'data'), failure(holder)]);
  const pid = holder.pid ?? 0;
  const enter = ['nsenter', '--target', String(pid), ...join];
  const run = (program: string, ...args: readonly string[]) => output([...enter, program, ...args]);
  return {
    pid,
    enter,
    run,
    close: async () => {
      if (holder.exitCode !== null) return;
      holder.stdin.end();
      await once(holder, 'exit');
    },
  };
}

/** Null when namespaces can be made here, else the reason to skip with. */
export async function noNetworkNamespaces(): Promise<string | null> {
  try {
    await output(['unshare', '--net', 'nft', 'list', 'tables']);
    return null;
  } catch (error) {
    return `needs root, unshare and nft: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function failure(holder: ChildProcess): Promise<never> {
  const [code] = await once(holder, 'exit');
  throw new Error(`Cannot open a network namespace: unshare ended with ${code}, root is needed`);
}

function output([program = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${stderr.trim() || error.message}`));
    });
  });
}
