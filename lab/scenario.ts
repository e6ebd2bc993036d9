import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { askOnce } from './control-client.ts';
import type { Request } from './operations.ts';
import type { Options } from './options.ts';
import { formatAnswer } from './output.ts';

const stepLimit = 1000;

export type Step =
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'ask'; readonly request: Request; readonly expect: string | null };

/**
 * A scenario is a YAML list of steps: `wait: 3`, `traffic: reset`, `traffic: clean` (no edge failed), `trigger: report`,
 * `attack: scan`, `connect: web-1 -> db-1 tcp/5432` with `expect: open|closed|filtered`, `agent: kill web-1`.
 */
export function readScenario(text: string, file: string): { steps: Step[]; problems: string[] } {
  const problems: string[] = [];
  let list: unknown = null;
  try {
    list = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    problems.push(`Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`);
  }
  if (problems.length === 0 && (!Array.isArray(list) || list.length > stepLimit)) {
    problems.push(`Cannot read "${file}": a list of at most ${stepLimit} steps is needed`);
  }
  const steps = (problems.length === 0 && Array.isArray(list) ? list : []).flatMap((item: unknown, index) => {
    const step = readStep(item);
    if (step === null) problems.push(`Cannot read step ${index + 1} of "${file}": ${JSON.stringify(item)} is none`);
    return step ?? [];
  });
  return { steps, problems };
}

function readStep(item: unknown): Step | null {
  if (typeof item !== 'object' || item === null) return null;
  const { expect = null, ...rest } = item as Record<string, unknown>;
  const [[verb, value] = ['', ''], ...more] = Object.entries(rest);
  if (more.length > 0 || (expect !== null && typeof expect !== 'string')) return null;
  if (verb === 'wait') return typeof value === 'number' && value > 0 ? { kind: 'wait', seconds: value } : null;
  const request = typeof value === 'string' ? readRequest(verb, value) : null;
  return request === null ? null : { kind: 'ask', request, expect: value === 'clean' ? 'clean' : expect };
}

function readRequest(verb: string, value: string): Request | null {
  const words = value.replace(' -> ', ' ').split(' ');
  if (verb === 'traffic') return ['reset', 'clean'].includes(value) ? { op: verb, reset: value === 'reset' } : null;
  if (verb === 'trigger') return { op: verb, job: value };
  if (verb === 'attack') return { op: verb, kind: value };
  if (verb === 'agent' && words.length === 2) return { op: verb, action: words[0], host: words[1] };
  if (verb !== 'connect' || words.length !== 3) return null;
  return { op: verb, from: words[0], to: words[1], service: words[2] };
}

/** Runs the steps in order; stops at the first that fails or answers otherwise than expected. */
export async function runScenario(text: string, file: string, options: Options): Promise<number> {
  const { steps, problems } = readScenario(text, file);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) return 2;
  for (const step of steps) {
    const code = step.kind === 'wait' ? await delay(step.seconds * 1000, 0) : await runStep(step, options);
    if (code !== 0) return code;
  }
  return 0;
}

async function runStep(step: Extract<Step, { kind: 'ask' }>, options: Options): Promise<number> {
  const reply = await askOnce(options.run, step.request);
  const met = reply?.ok === true && isExpected(step.expect, reply.result);
  if (options.json) process.stdout.write(`${JSON.stringify({ request: step.request, reply, met })}\n`);
  else
    process.stdout.write(
      `${JSON.stringify(step.request)}\n${reply?.ok === true ? formatAnswer(step.request.op, reply.result) : ''}`,
    );
  if (reply === null || !reply.ok) {
    process.stderr.write(`${reply?.problem.message ?? 'Cannot reach the lab: none is running'}\n`);
    return 3;
  }
  if (!met) process.stderr.write(`Expected ${step.expect}\n`);
  return met ? 0 : 1;
}

function isExpected(expect: string | null, result: unknown): boolean {
  if (expect === null) return true;
  if (expect !== 'clean') return (result as { state?: string }).state === expect;
  return (result as { edges: readonly { failures: number }[] }).edges.every((edge) => edge.failures === 0);
}
