/** Names and texts as bad as the API lets them be: nothing of them is run, and nothing leaves the window. */
import type { Browser, Page } from 'playwright-core';
import { openWindow } from '../browser.ts';
import { connect } from './estate.ts';
import { signInLike } from './pages.ts';
import { check, judgeInBothThemes, whyOf } from './window.ts';

const script = '<img src=x onerror=globalThis.ran=1>';
const turned = '\u202e';
/** 100 bytes, as policy names may have. */
const policyName = `${script}${turned}${'x'.repeat(100 - script.length - 3)}`;
/** 253 characters, as workload names may have: of both directions, without a place to break a line. */
const workloadName = `ש${'רוע'.repeat(40)}${'W'.repeat(132)}`;
const label = `L${'o'.repeat(61)}g`;
const draft = `d${'-'.repeat(98)}d`;

const text = `# ${script}
kind: IpList
name: ${JSON.stringify(policyName)}
prefixes: [198.51.100.0/24]
---
kind: Ruleset
name: ${JSON.stringify(script)}
rules:
  - name: ${JSON.stringify(`${turned}<b>bold`)}
    allow: [tcp/443]
    from: [{ipList: ${JSON.stringify(policyName)}}, "role=${label}"]
    to: role=web,env=prod
    owner: ${JSON.stringify(script)}
    reason: ${JSON.stringify(`${script}${turned}${'word '.repeat(50)}`)}
`;

export async function hostileNames(browser: Browser, page: Page): Promise<void> {
  const labels = { role: label, app: label, env: label, loc: label };
  // In the place of the attacker, so that it is on the map too.
  check('a workload is removed', (await page.request.delete('/api/v1/workloads/attacker-1')).status() === 204);
  for (const [name, addresses] of [
    [workloadName, ['10.20.1.66']],
    ['בקר', ['198.51.100.7']],
  ] as const) {
    const put = await send(page, 'PUT', `/workloads/${encodeURIComponent(name)}`, { labels, addresses });
    check(`a workload with a name of ${name.length} characters is admitted`, put === 201, put);
  }
  await connect({ from: 'attacker-1', to: 'web-1', service: 'tcp/80' });
  const refused = await send(page, 'PUT', '/workloads/evil', { labels: { app: script }, addresses: ['198.51.100.8'] });
  check('a label of markup is refused', refused >= 400 && refused < 500, refused);
  await putDraft(page);
  await lookAtThem(browser, page);
}

async function putDraft(page: Page): Promise<void> {
  const { files } = (await (await page.request.get('/api/v1/versions/1')).json()) as { files: object[] };
  const made = await send(page, 'POST', '/drafts', { name: draft });
  const put = await send(page, 'PUT', `/drafts/${draft}`, { files: [...files, { path: `${script}.yaml`, text }] });
  check('a draft of hostile text is admitted', made === 201 && put === 200, { made, put });
}

async function send(page: Page, method: string, path: string, data: object): Promise<number> {
  return (await page.request.fetch(`/api/v1${path}`, { method, data })).status();
}

const places = [
  { name: 'map', path: '/map', shows: /[1-9]\d* edges/ },
  { name: 'table', path: '/map?as=table', shows: /[1-9]\d* edges/ },
  { name: 'workloads', path: '/workloads', shows: label },
  { name: 'policy', path: '/policy', shows: draft },
  { name: 'draft', path: `/policy/${draft}?file=${encodeURIComponent(`${script}.yaml`)}`, shows: 'In words' },
  { name: 'preview', path: `/policy/${draft}/preview`, shows: 'Tests of the policy' },
  { name: 'audit', path: '/audit', shows: 'workload.put' },
] as const;

async function lookAtThem(browser: Browser, page: Page): Promise<void> {
  const complaints: string[] = [];
  const window = await openWindow(browser, new URL(page.url()).origin, 'light', complaints);
  await signInLike(page.context(), window.context());
  for (const { name, path, shows } of places) {
    await window.goto(path);
    await window.getByText(shows).first().waitFor();
    await judgeInBothThemes(window, `hostile-${name}`);
  }
  await window.goto('/map?as=table');
  await window
    .getByRole('row', { name: new RegExp(workloadName.slice(0, 20)) })
    .first()
    .click();
  await whyOf(window);
  await judgeInBothThemes(window, 'hostile-edge');
  const ran = await window.evaluate<string>('typeof globalThis.ran');
  check('nothing of what is hostile was run', ran === 'undefined', ran);
  check('the browser complains about nothing hostile', complaints.length === 0, complaints);
  await window.context().close();
}
