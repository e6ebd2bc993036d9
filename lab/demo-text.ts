import { readFileSync } from 'node:fs';
import type { DemoOptions } from './demo-options.ts';

/** Where to look and what to try, as printed when everything runs. `log` is the controller's. */
export function whereToLook({ data, run }: DemoOptions, log: string, estate: boolean): string {
  const lab = `./bulkhead lab${run.endsWith('/bulkhead-lab') ? '' : ` --run ${run}`}`;
  const controller: readonly (readonly [string, string])[] = [
    [`./bulkhead status --data ${data}`, 'the controller; its log is there as controller.log'],
  ];
  const loop: readonly (readonly [string, string])[] = [
    [`./bulkhead watch --data ${data}`, 'connections with decisions and hosts, live in the terminal'],
    [`./bulkhead flows --data ${data}`, 'every connection, with labels and decisions'],
    [`./bulkhead hosts --data ${data}`, 'every agent, its mode and what it has proven'],
    [`./bulkhead provision shop --data ${data}`, 'the draft "shop": examples/policy in test mode'],
    [`${lab} traffic`, 'what clients succeed in'],
    [`${lab} connect web-1 db-1 tcp/5432`, 'a connection nobody declared'],
    [`${lab} attack scan`, 'the attacker looks around'],
    [`${lab} trigger report`, 'the batch job'],
  ];
  const rows = estate ? [...controller, ...loop] : controller;
  const width = Math.max(...rows.map(([command]) => command.length));
  const lines = rows.map(([command, about]) => `  ${command.padEnd(width)}  ${about}`);
  return `\n${lines.join('\n')}\n\n${announcement(log)}\n${browserText(log)}\n\nCtrl-C ends it all.\n`;
}

/** Where the console is: with the link that makes the first account, as long as nobody used it. */
function browserText(log: string): string {
  const text = readFileSync(log, 'utf8');
  const link = /https:\/\/\S+\/setup#\S+/.exec(text)?.[0] ?? /https:\/\/[^\s,]+/.exec(text)?.[0];
  const warning = 'the browser does not know its certificate yet and asks; that is expected here';
  return link === undefined ? '' : `\nOpen the console in a browser (${warning}):\n\n    ${link}`;
}

/** What the controller says to people at its start (addresses, the set-up link): its log lines that are not JSON. */
function announcement(log: string): string {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('{')).join('\n');
}

type Status = {
  readonly version: { readonly number: number };
  readonly workloads: { readonly managed: number };
  readonly hosts: { readonly connected: number; readonly proven: number };
  readonly reports: { readonly counted: number; readonly lost: number };
};

/** The controller's status in one line, for where no terminal is. */
export function statusLine(body: unknown): string {
  const { version, workloads, hosts, reports } = body as Status;
  const agents = `${hosts.connected} of ${workloads.managed} agents connected, ${hosts.proven} proven`;
  return `policy version ${version.number}, ${agents}, ${reports.lost} of ${reports.counted} records lost`;
}
