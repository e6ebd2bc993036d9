import { readFileSync } from 'node:fs';
import { startAgents } from './agents.ts';
import { Startup, serveControl } from './control-server.ts';
import { Estate } from './estate.ts';
import { operationsOf } from './operations.ts';
import { parseLab } from './parse-lab.ts';
import { controlSocket, type Site } from './site.ts';

/**
 * The program that runs an estate, inside its outer namespaces; started by `lab up` through estate.sh, never by hand.
 * Its argument is the site as JSON with the Lab file's path in place of the lab. When it ends, the estate ends.
 */
const asked = JSON.parse(process.argv[2] ?? '') as Omit<Site, 'lab'> & { readonly file: string };
const { lab } = parseLab(readFileSync(asked.file, 'utf8'), asked.file);
if (lab === null) throw new Error(`Not a Lab file: ${asked.file}`);

const estate = new Estate({ ...asked, lab });
const startup = new Startup();
const began = performance.now();
await serveControl(controlSocket(asked.run), operationsOf(estate), startup);

try {
  await estate.start((progress) => startup.say(progress));
  const { controllerSocket, agentsSocket } = asked;
  if (controllerSocket !== null && agentsSocket !== null) {
    await startAgents(estate, controllerSocket, agentsSocket, (progress) => startup.say(progress));
  }
  estate.startTraffic();
  startup.end({ ok: true, result: { hosts: lab.hosts.length, seconds: (performance.now() - began) / 1000 } });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error);
  startup.end({ ok: false, problem: { code: 'lab-start', message } });
  // The answer must leave before the socket goes with the process.
  setTimeout(() => process.exit(1), 500);
}
