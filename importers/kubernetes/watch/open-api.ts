import { readFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { type ApiAnswer, type Asking, type KubernetesApi, WatchFailure } from './api.ts';

const usualAnswerTimeout = 30_000;
/** A peer that is gone without a word is noticed after this and ten probes of a second. */
const keepAliveAfter = 30_000;

/**
 * The API server of a kubeconfig's current context. The file, certificates, token files and credential plug-ins it
 * names are read by the official client; requests are our own, so that a body can be read as slowly as it is used.
 * `answerTimeout`: milliseconds until the first byte of an answer.
 */
export function openKubernetesApi(kubeconfig: string, answerTimeout = usualAnswerTimeout): KubernetesApi {
  let opened: Promise<KubeConfig> | null = null;
  return {
    get: async (path, asking) => {
      opened ??= readKubeconfig(kubeconfig);
      try {
        return await get(await opened, path, { ...asking, answerTimeout });
      } catch (error) {
        // Certificates may have been renewed, and the client keeps what it has read.
        opened = null;
        throw error;
      }
    },
    refresh: () => {
      opened = null;
    },
  };
}

/** Throws where the file cannot be read or names no server that it is safe to send credentials to. */
export async function readKubeconfig(file: string): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    await followTokenFile(config, file);
  } catch (error) {
    // A parser quotes what it cannot read, which may be a key.
    const code = (error as NodeJS.ErrnoException).code ?? 'it is not YAML of a kubeconfig';
    throw new WatchFailure('unreachable', `its kubeconfig ${file} cannot be read: ${code}`);
  }
  const problem = wrongServer(config.getCurrentCluster());
  if (problem !== null) throw new WatchFailure('unreachable', `its kubeconfig ${file} ${problem}`);
  return config;
}

/** `tokenFile` of a user is not read by the client, which knows token files under another name and reads those again. */
async function followTokenFile(config: KubeConfig, file: string): Promise<void> {
  const { users } = parse(await readFile(file, 'utf8')) as { readonly users?: readonly NamedUser[] };
  const user = config.getCurrentUser();
  const tokenFile = users?.find(({ name }) => name === user?.name)?.user?.tokenFile;
  if (user === null || typeof tokenFile !== 'string') return;
  const authProvider = { name: 'tokenFile', config: { tokenFile: resolve(dirname(file), tokenFile) } };
  config.loadFromOptions({
    contexts: config.contexts,
    clusters: config.clusters,
    users: [{ ...user, authProvider }],
    currentContext: config.currentContext,
  });
}

type NamedUser = { readonly name?: unknown; readonly user?: { readonly tokenFile?: unknown } | null };

function wrongServer(cluster: ReturnType<KubeConfig['getCurrentCluster']>): string | null {
  if (cluster === null || !URL.canParse(cluster.server)) return 'has no current context with a server';
  const { protocol, hostname } = new URL(cluster.server);
  if (['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return null;
  if (protocol !== 'https:') return 'would send credentials in the clear, an https server is needed';
  return cluster.skipTLSVerify
    ? 'would send credentials to anybody who answers, certificate-authority is needed'
    : null;
}

type TimedAsking = Asking & { readonly answerTimeout: number };

async function get(config: KubeConfig, path: string, asking: TimedAsking): Promise<ApiAnswer> {
  const { signal, silence, answerTimeout } = asking;
  const server = (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, '');
  const url = new URL(server + path);
  const options: RequestOptions = {};
  await applyCredentials(config, options);
  const headers = { ...options.headers, accept: 'application/json', 'user-agent': 'bulkhead' };
  const send = url.protocol === 'http:' ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const call = send(url, { ...options, headers, signal }, (response) => {
      response.setTimeout(silence, () => response.destroy(new Error('silent')));
      resolve(answerOf(response));
    });
    call.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(error)));
    watchConnection(call, answerTimeout);
    call.end();
  });
}

async function applyCredentials(config: KubeConfig, options: RequestOptions): Promise<void> {
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'a file or a plug-in that it names fails';
    throw new WatchFailure('unauthorized', `its credentials cannot be read: ${code}`);
  }
}

function watchConnection(call: ClientRequest, answerTimeout: number): void {
  call.setTimeout(answerTimeout, () => call.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })));
  call.on('socket', (socket) => socket.setKeepAlive(true, keepAliveAfter));
}

function answerOf(response: IncomingMessage): ApiAnswer {
  const seconds = Number(response.headers['retry-after']);
  return {
    status: response.statusCode ?? 0,
    retryAfter: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null,
    body: response,
  };
}

/** Codes of sockets and TLS are words such as ECONNREFUSED; messages may quote more than that. */
export const unreachable = (error: NodeJS.ErrnoException): WatchFailure =>
  new WatchFailure('unreachable', `it cannot be reached (${error.code ?? error.name})`);
