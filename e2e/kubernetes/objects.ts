/** Objects of a cluster as the scenario makes them, against the API of a real server. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Answered, ApiServer } from './api-server.ts';

export async function must(what: string, asked: Promise<Answered>): Promise<Answered['body']> {
  const { status, body } = await asked;
  if (status >= 300) throw new Error(`Cannot ${what}: the API server answered ${status} ${JSON.stringify(body)}`);
  return body;
}

export const putNamespace = (
  api: ApiServer,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<unknown> =>
  must(`make namespace ${name}`, api.call('POST', '/api/v1/namespaces', { metadata: { name, labels } }));

export const labelNamespace = (api: ApiServer, name: string, labels: Readonly<Record<string, string>>) =>
  must(`label namespace ${name}`, api.call('PATCH', `/api/v1/namespaces/${name}`, { metadata: { labels } }));

export type NewPod = { readonly namespace: string; readonly name: string; readonly address: string };

/** As a scheduler and a kubelet would: the pod, then its address. */
export async function putPod(api: ApiServer, { namespace, name, address }: NewPod): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'none' }] };
  await must(`make pod ${name}`, api.call('POST', path, { metadata: { name, labels: { role: 'web' } }, spec }));
  const status = { phase: 'Running', podIP: address, podIPs: [{ ip: address }] };
  await must(`give pod ${name} an address`, api.call('PATCH', `${path}/${name}/status`, { status }));
}

/** At once: nobody is there who would end its containers. */
export const removePod = (api: ApiServer, namespace: string, name: string): Promise<unknown> =>
  must(`remove pod ${name}`, api.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`));

export async function podNames(api: ApiServer): Promise<string[]> {
  const { items } = await must('list pods', api.call('GET', '/api/v1/pods'));
  return items
    .map(({ metadata }: { metadata: { namespace: string; name: string } }) => `${metadata.namespace}/${metadata.name}`)
    .sort();
}

export const account = '/api/v1/namespaces/bulkhead/serviceaccounts';

/** A token of the account in docs/kubernetes-role.yaml, as `kubectl create token` asks for one. */
export async function accountToken(api: ApiServer): Promise<string> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { status } = await must('get a token', api.call('POST', `${account}/bulkhead-watch/token`, request));
  return status.token;
}

/** Every object of a manifest, the way `kubectl create -f` makes them. */
export async function create(api: ApiServer, objects: readonly Manifest[]): Promise<void> {
  for (const object of objects) {
    const { apiVersion, kind, metadata } = object;
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
    await must(`make ${kind} ${metadata.name}`, api.call('POST', `${root}${place}/${kind.toLowerCase()}s`, object));
    await delay(50);
  }
}

export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};
