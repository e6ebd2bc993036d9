/** `npm run e2e -- NAME [...options]`: the scenarios that need a whole machine. Each is a file of this folder. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { launchers, whenGone } from '@bulkhead/sensors/procfs/process-identity.ts';

const scenarios: Readonly<Record<string, string>> = {
  'bad-days': 'what passes and what does not when something goes wrong, with real packets (root; NAME...)',
  console: 'the console in a real browser, from a denied connection to an allowed one and back (root, chromium)',
  'fresh-start': 'a clean clone, npm start, and the map in a real browser (root, chromium)',
  'first-rule': 'from the first packet to the first enforced rule, on the lab estate (root)',
  guests: 'guests of hosts that forward for them are enforced for, by real connections (root)',
  isolate: 'one command closes a workload at both ends, and what is left open is said, on the lab estate (root)',
  'kernel-agrees': 'the kernel does what decide says, with real packets (root; --cases N --seed S)',
  kubernetes: 'a real API server is watched, with the role in docs/ and no gaps (root; tools/build-kube-apiserver.sh)',
  'lock-out': 'a policy that cuts off controller, name server and administrator heals by itself (root)',
  'policy-as-code': 'a repository whose merges are gated, planned, applied and enforced, on the lab estate (root, git)',
  proof: 'what hosts prove, how it ages, who finds what is open, and who can check it, on the lab estate (root)',
  renewal: 'an agent with short-lived certificates renews them, outlives one, and enrols again (root)',
  waves: 'a version that takes something away is tried out and taken back, on the lab estate (root)',
};

function main(): void {
  const [name, ...rest] = process.argv.slice(2);
  if (name === undefined || !Object.hasOwn(scenarios, name)) {
    const lines = Object.entries(scenarios).map(([key, text]) => `  ${key.padEnd(14)} ${text}`);
    console.error(
      [`Cannot run scenario "${name ?? ''}": there is none of that name, choose one of`, ...lines].join('\n'),
    );
    process.exit(2);
  }
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  // A scenario dies with this process, and this process with whoever launched it: nothing may be left behind.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, file, ...rest], { stdio: 'inherit' });
  whenGone(launchers(process.pid), () => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}

main();
