import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';
import { enrolWith, FakeAgent } from './fake-agent.ts';
import type { ApiAnswer } from './test-controller.ts';

/** What a test needs of a controller, in this process or another. */
export type Reachable = {
  readonly directory: string;
  readonly api: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<ApiAnswer>;
};

/** `web` may reach `db` on tcp/5432, and everything is enforced. */
export const shopPolicy = `kind: Ruleset
name: shop
rules:
  - {name: web-to-db, allow: [tcp/5432], from: role=web, to: role=db}
---
{kind: Mode, selector: "", inbound: enforce, outbound: enforce}
`;

export const addresses: Readonly<Record<string, string>> = { web: '10.0.0.1', db: '10.0.0.2', other: '10.0.0.3' };

export async function enrolAgent({ directory, api }: Reachable, name: string, labels: object): Promise<FakeAgent> {
  const { body } = await api('POST', '/pairing-keys', { name, labels });
  const socket = `${directory}/agents.sock`;
  return new FakeAgent(socket, await enrolWith(socket, body.key, name));
}

/** Three hosts with one role each, connected and holding what they should. */
export async function threeHosts(controller: Reachable): Promise<Record<'web' | 'db' | 'other', FakeAgent>> {
  const entries = await Promise.all(
    Object.keys(addresses).map(async (role) => [role, await enrolAgent(controller, role, { role })] as const),
  );
  for (const [role, agent] of entries) await agent.connect([addresses[role] ?? '']);
  await allProven(controller);
  return Object.fromEntries(entries) as Record<'web' | 'db' | 'other', FakeAgent>;
}

/** Every host is connected, has an address, and holds exactly what it should. */
export const allProven = ({ api }: Reachable): Promise<unknown> =>
  eventually('all hosts to be proven', async () => {
    const { items } = (await api('GET', '/hosts')).body;
    return items.every((host: { proven: boolean; addresses: string[] }) => host.proven && host.addresses.length > 0);
  });

export async function putDraft({ api }: Reachable, name: string, text: string, more: object = {}): Promise<ApiAnswer> {
  return api('PUT', `/drafts/${name}`, { files: [{ path: 'shop.yaml', text }], ...more });
}

/** Provisions the text and waits until it is finished. */
/** `asked`: of the provisioning; everything else is the draft's. */
export async function provision(
  controller: Reachable,
  text: string,
  { asked = {}, ...more }: { readonly asked?: object } & Readonly<Record<string, unknown>> = {},
): Promise<ApiAnswer['body']> {
  assert.equal((await putDraft(controller, 'draft', text, more)).status, 200);
  const { status, body } = await controller.api('POST', '/drafts/draft/provision', asked);
  assert.equal(status, 202, JSON.stringify(body));
  return finished(controller, body.version);
}

export const finished = ({ api }: Reachable, version: number): Promise<ApiAnswer['body']> =>
  eventually(
    `version ${version} to be finished`,
    async () => {
      const { body } = await api('GET', `/provisions/${version}`);
      return body.state === 'running' ? null : body;
    },
    20_000,
  );
