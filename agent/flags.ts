import { parseArgs } from 'node:util';
import { defaultNftOptions } from '@bulkhead/enforce/nftables/options.ts';
import { isMarkMask } from '@bulkhead/enforce/nftables/stamp.ts';

/**
 * `run`: enrol if needed and serve. `load`: put the last good ruleset into the kernel and end. `wait`: until ready.
 * `uninstall`: leave the host as it was.
 */
export type Task = 'run' | 'load' | 'wait' | 'uninstall';
export type Flags = {
  readonly task: Task;
  /** Null: the one enrolled with. */
  readonly controller: { readonly host: string; readonly port: number } | null;
  readonly pairing: { readonly kind: 'text' | 'file'; readonly value: string } | null;
  readonly data: string;
  readonly helper: string | null;
  /** Bits of the conntrack mark that are ours on this host. */
  readonly markMask: number;
  readonly json: boolean;
  /** With `uninstall`: what is on disk goes too. */
  readonly purge: boolean;
  /** Seconds `--wait-ready` waits. */
  readonly timeout: number;
  /** Seconds for which an address of a domain name stays after its answer ran out. */
  readonly nameGrace: number;
};

export const usage = `Usage: bulkhead agent --controller https://HOST:PORT --pairing-key KEY | --pairing-key-file FILE [--data DIR]
       bulkhead agent --once [--data DIR]         load the last good ruleset into the kernel and end
       bulkhead agent --wait-ready [--data DIR]   end with 0 once the agent on this host is ready
       bulkhead agent --uninstall [--purge]       take our rules and units away, with --purge also --data
  --data DIR        what the agent keeps (/var/lib/bulkhead)
  --helper PATH     the helper that reads the kernel's log (native/build/bulkhead-helper)
  --mark-mask MASK  bits of the conntrack mark that are ours: one run of eight or more (0x0000ffff)
  --name-grace SECONDS  how long an address of a domain name stays after its answer ran out (3600)
  --timeout SECONDS how long --wait-ready waits (60)
  --json            log and answer as JSON lines
`;

const options = {
  controller: { type: 'string' },
  'pairing-key': { type: 'string' },
  'pairing-key-file': { type: 'string' },
  data: { type: 'string', default: '/var/lib/bulkhead' },
  helper: { type: 'string' },
  'mark-mask': { type: 'string' },
  timeout: { type: 'string', default: '60' },
  'name-grace': { type: 'string', default: '3600' },
  'wait-ready': { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
  uninstall: { type: 'boolean', default: false },
  purge: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** The flags, or what is wrong with them in one sentence. */
export function parseFlags(words: readonly string[]): Flags | string {
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    values = parseArgs({ args: [...words], options }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const controller = values.controller === undefined ? null : parseController(values.controller);
  if (typeof controller === 'string') return controller;
  const [text, file] = [values['pairing-key'], values['pairing-key-file']];
  if (text !== undefined && file !== undefined)
    return 'Cannot use two pairing keys: give --pairing-key or --pairing-key-file';
  const tasks = [values.once, values['wait-ready'], values.uninstall].filter((asked) => asked).length;
  if (tasks > 1) return 'Cannot do several things at once: give --once, --wait-ready or --uninstall';
  if (values.purge && !values.uninstall) return 'Cannot purge what stays installed: --purge needs --uninstall';
  const markMask = values['mark-mask'] === undefined ? defaultNftOptions.markMask : parseMarkMask(values['mark-mask']);
  if (typeof markMask === 'string') return markMask;
  const timeout = Number(values.timeout);
  if (!(timeout > 0 && timeout <= 86_400))
    return `Cannot wait "${values.timeout}" seconds: a number up to 86400 is needed`;
  const nameGrace = values['name-grace'].trim() === '' ? Number.NaN : Number(values['name-grace']);
  if (!(nameGrace >= 0 && nameGrace <= 604_800))
    return `Cannot keep addresses of names for "${values['name-grace']}" seconds: a number up to 604800 is needed`;
  return {
    task: values.once ? 'load' : values['wait-ready'] ? 'wait' : values.uninstall ? 'uninstall' : 'run',
    controller,
    pairing:
      text !== undefined ? { kind: 'text', value: text } : file !== undefined ? { kind: 'file', value: file } : null,
    data: values.data,
    helper: values.helper ?? null,
    markMask,
    json: values.json,
    purge: values.purge,
    timeout,
    nameGrace,
  };
}

function parseMarkMask(text: string): number | string {
  const mask = /^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/.test(text) ? Number(text) : Number.NaN;
  if (isMarkMask(mask)) return mask;
  return `Cannot use "${text}" of the conntrack mark: one unbroken run of at least eight bits is needed, as 0x0000ffff`;
}

export function parseController(text: string): { readonly host: string; readonly port: number } | string {
  const wrong = `Cannot reach a controller at "${text}": https://HOST:PORT is needed`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:' || url.hostname === '') return wrong;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') return wrong;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 443 : Number(url.port) };
}
