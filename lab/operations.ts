import { addressOf } from './address-plan.ts';
import { agentUnit, endAgent, startAgent } from './agents.ts';
import type { Estate } from './estate.ts';
import { type RunningHost, runOnHost, session } from './host-process.ts';
import { attackTargets, Holds, probe } from './probes.ts';
import { estateStatus } from './status.ts';

/** What the control socket takes: one JSON object per line. `op` names the operation, the rest is its arguments. */
export type Request = { readonly op: string; readonly [key: string]: unknown };

/** Something the caller asked for that cannot be done; the socket answers it as a problem. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export type Operations = (request: Request) => Promise<unknown>;

export function operationsOf(estate: Estate): Operations {
  const holds = new Holds(estate);
  return async (request) => {
    switch (request.op) {
      case 'status':
        return estateStatus(estate);
      case 'traffic':
        return traffic(estate, request);
      case 'trigger':
        return trigger(estate, request);
      case 'attack':
        return attack(estate, request);
      case 'connect':
        return connectOnce(estate, request);
      case 'hold':
        return hold(estate, holds, request);
      case 'agent':
        return agent(estate, request);
      case 'run-on':
        return runOn(estate, request);
      default:
        throw new Refusal('lab-operation', `Cannot do "${request.op}": no such operation`);
    }
  };
}

function traffic(estate: Estate, request: Request): unknown {
  if (request.reset === true) estate.resetTraffic();
  return { edges: estate.traffic() };
}

async function trigger(estate: Estate, request: Request): Promise<unknown> {
  const job = text(request, 'job');
  const done = await estate.trigger(job);
  if (done === null) throw new Refusal('lab-job', `Cannot trigger "${job}": no host has such a job`);
  return done;
}

async function attack(estate: Estate, request: Request): Promise<unknown> {
  const kind = oneOf(request, 'kind', ['scan', 'sideways']);
  const from = hostOf(estate, request.from === undefined ? 'attacker-1' : text(request, 'from'));
  const findings = await probe(estate.site, from, attackTargets(estate.site, from.host.name, kind));
  return { from: from.host.name, kind, findings };
}

async function connectOnce(estate: Estate, request: Request): Promise<unknown> {
  const [from, to] = [hostOf(estate, text(request, 'from')), nameOf(estate, text(request, 'to'))];
  const target = { to, address: addressOf(estate.site.lab, to, familyOf(request)), service: serviceOf(request) };
  const [finding] = await probe(estate.site, from, [target]);
  return { from: text(request, 'from'), ...finding };
}

async function hold(estate: Estate, holds: Holds, request: Request): Promise<unknown> {
  const action = oneOf(request, 'action', ['open', 'check', 'close']);
  if (action === 'open') {
    const to = nameOf(estate, text(request, 'to'));
    return holds.open(hostOf(estate, text(request, 'from')), to, serviceOf(request), familyOf(request));
  }
  const id = Number(request.id);
  const found = action === 'check' ? await holds.check(id) : holds.close(id) ? { id, closed: true } : null;
  if (found === null) throw new Refusal('lab-hold', `Cannot ${action} held connection "${id}": no such connection`);
  return found;
}

function agent(estate: Estate, request: Request): unknown {
  const { host } = hostOf(estate, text(request, 'host'));
  const action = oneOf(request, 'action', ['start', 'stop', 'kill']);
  if (!host.managed || estate.site.controllerSocket === null) {
    throw new Refusal('lab-agent', `Cannot ${action} the agent of "${host.name}": it has none`);
  }
  if (action === 'start') return { host: host.name, unit: agentUnit, started: startAgent(estate, host) };
  return { host: host.name, unit: agentUnit, signalled: endAgent(estate, host, action) };
}

async function runOn(estate: Estate, request: Request): Promise<unknown> {
  const command = request.command;
  if (!Array.isArray(command) || command.length === 0 || !command.every((word) => typeof word === 'string')) {
    throw new Refusal('lab-argument', 'Cannot run a command: "command" is a list of words');
  }
  return runOnHost(estate.site, hostOf(estate, text(request, 'host')), session(command), 60);
}

function text(request: Request, key: string): string {
  const value = request[key];
  if (typeof value === 'string') return value;
  throw new Refusal('lab-argument', `Cannot do "${request.op}": "${key}" is needed`);
}

function oneOf<T extends string>(request: Request, key: string, values: readonly T[]): T {
  const value = request[key] ?? 'nothing';
  const found = values.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new Refusal(
    'lab-argument',
    `Cannot do "${request.op}" with ${key} "${value}": one of ${values.join(', ')} is needed`,
  );
}

function hostOf(estate: Estate, name: string): RunningHost {
  const running = estate.runningHost(name);
  if (running !== null) return running;
  throw new Refusal('lab-host', `Cannot use host "${name}": the lab has no such host`);
}

function nameOf(estate: Estate, name: string): string {
  hostOf(estate, name);
  return name;
}

const familyOf = (request: Request): 4 | 6 => (request.family === 6 ? 6 : 4);

function serviceOf(request: Request): string {
  const service = text(request, 'service');
  if (/^(tcp|udp)\/[1-9]\d{0,4}$/.test(service)) return service;
  throw new Refusal('lab-argument', `Cannot use service "${service}": one port such as tcp/5432 is needed`);
}
