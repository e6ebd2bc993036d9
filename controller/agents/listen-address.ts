/** Where to listen: `10.0.0.1:8444`, `[::1]:8444`, `localhost:8444`, or `unix:/run/x.sock`. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Null when the text is none. Port 0 lets the system choose. */
export function parseListenAddress(text: string): ListenAddress | null {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    // The kernel's limit on a socket's path, without the closing zero.
    return path.startsWith('/') && Buffer.byteLength(path) <= 107 ? { kind: 'unix', path } : null;
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65535 ? null : { kind: 'tcp', host, port };
}

export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
