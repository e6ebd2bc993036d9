import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Done, Failure } from '@bulkhead/enforce/back-end.ts';
import { parseFlowLine, type TrackedFlow } from '@bulkhead/sensors/conntrack/flow-line.ts';

/** A connection as the socket that has it sees it. */
export type SocketName = {
  readonly protocol: number;
  readonly local: string;
  readonly localPort: number;
  readonly peer: string;
  readonly peerPort: number;
};

/** `absent`: no socket of this network namespace has it, or it ended by itself. `why`: of one that failed. */
export type Endings = {
  readonly ended: number;
  readonly absent: number;
  readonly failed: number;
  readonly why: string | null;
};

/** The kernel's connections, read and ended by runs of the helper. */
export type Connections = {
  /** Every flow that connection tracking knows; `whole` false: some may be missing. */
  readonly flows: (visit: (flow: TrackedFlow) => void) => Promise<Done<{ readonly whole: boolean }>>;
  /** Both ends of a TCP connection hear of it. `namespace`: of a process in it or a path; null is this one. */
  readonly end: (sockets: readonly SocketName[], namespace: string | null) => Promise<Done<Endings>>;
  /** Clears bits `clear` of every flow whose `bits` are from `first` to `last`; answers with how many those were. */
  readonly clearMarks: (marks: Marks) => Promise<Done<number>>;
};

export type Marks = { readonly clear: number; readonly bits: number; readonly first: number; readonly last: number };

/** Milliseconds. A hundred thousand flows are read in less than one second. */
const timeout = 30_000;
/** A table that changes its size while it is read may hide a flow; it does so once in a long while. */
const mostReadings = 5;
/** Characters of complaint that are kept. */
const complaintLimit = 500;
/** The helper takes a million at once. */
const mostAtOnce = 100_000;

/** `helper`: the program, and what stands before it. */
export function connectionsOf(helper: readonly string[]): Connections {
  return {
    flows: async (visit) => {
      let whole = false;
      const run = await runHelper([...helper, 'flows'], '', (line) => {
        const parsed = parseFlowLine(line);
        if (parsed?.kind === 'flow') visit(parsed.flow);
        else whole = parsed?.kind === 'end' && parsed.whole && parsed.unreadable === 0;
      });
      return run.kind === 'failed' ? run : { kind: 'done', value: { whole } };
    },
    end: async (sockets, namespace) => {
      let endings: Endings = { ended: 0, absent: 0, failed: 0, why: null };
      for (let start = 0; start < sockets.length; start += mostAtOnce) {
        const some = sockets
          .slice(start, start + mostAtOnce)
          .map(socketLine)
          .join('');
        const inside = namespace === null ? [] : ['--netns', namespace];
        const run = await runHelper([...helper, 'destroy', ...inside], some, (line) => {
          endings = countEnding(endings, line);
        });
        if (run.kind === 'failed') return run;
      }
      return { kind: 'done', value: endings };
    },
    clearMarks: (marks) => clearMarks(helper, marks),
  };
}

async function clearMarks(helper: readonly string[], { clear, bits, first, last }: Marks): Promise<Done<number>> {
  let cleared = 0;
  for (let reading = 0; reading < mostReadings; reading++) {
    let end: readonly string[] = [];
    const run = await runHelper([...helper, 'unmark', ...[clear, bits, first, last].map(String)], '', (line) => {
      end = line.split(' ');
    });
    if (run.kind === 'failed') return run;
    cleared += Number(end[1]);
    if (end[3] === 'whole') return { kind: 'done', value: cleared };
  }
  const message = 'Cannot clear marks: the table of flows changes all the time, a quieter moment is needed';
  return { kind: 'failed', code: 'enforce-unreadable', message };
}

const socketLine = ({ protocol, local, localPort, peer, peerPort }: SocketName): string =>
  `${protocol} ${local} ${localPort} ${peer} ${peerPort}\n`;

function countEnding(endings: Endings, line: string): Endings {
  if (line === 'ended') return { ...endings, ended: endings.ended + 1 };
  if (line === 'absent') return { ...endings, absent: endings.absent + 1 };
  if (!line.startsWith('failed ')) return endings;
  return { ...endings, failed: endings.failed + 1, why: line.slice('failed '.length) };
}

/** Failed where the helper says so, ends in the middle of a line, or takes too long. */
function runHelper(
  [program = '', ...args]: readonly string[],
  input: string,
  take: (line: string) => void,
): Promise<Done<null>> {
  const failed = (why: string): Failure => {
    const message = `Cannot run "bulkhead-helper ${args.join(' ')}": ${why}`;
    return { kind: 'failed', code: 'enforce-refused', message };
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' });
    const lines = createInterface({ input: child.stdout });
    const read = new Promise<void>((finished) => lines.once('close', finished));
    let complaint = '';
    lines.on('line', take);
    child.stderr.on('data', (bytes: Buffer) => {
      complaint = (complaint + bytes.toString('utf8')).slice(0, complaintLimit);
    });
    child.on('error', (error) => resolve(failed(error.message)));
    // It may end before it has read everything, and then says why.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('close', async (code, signal) => {
      await read;
      if (code === 0) resolve({ kind: 'done', value: null });
      else resolve(failed(complaint.trim() || `it ended ${signal === null ? `with ${code}` : `by ${signal}`}`));
    });
  });
}
