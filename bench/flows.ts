import { AddressBook } from '@bulkhead/flows/address-book.ts';
import { labelReport } from '@bulkhead/flows/label-report.ts';
import { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import { decodeFlowBatch, encodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import type { Bench } from './figure.ts';

const start = 1_800_000_000_000;
const workloads = 2000;
/** Distinct (from, to, service), each reported by both ends. */
const edges = 10_000;
const rowsPerBatch = 2000;
const batches = 150;

export const flows: Bench = {
  about: `reports decoded, labelled and added to live edges, one thread (${workloads} workloads, ${edges} edges)`,
  defaultRepeats: 5,
  run: async (repeats, say) => {
    const encoded = Array.from({ length: batches }, (_, index) => batchBytes(index));
    const book = estate();
    // The first round compiles the code and is not counted.
    const rounds = Array.from({ length: repeats + 1 }, () => round(encoded, book)).slice(1);
    const rows = batches * rowsPerBatch;
    say(`${rows} rows per repeat, ${(encoded.reduce((sum, bytes) => sum + bytes.length, 0) / rows).toFixed(1)} B each`);
    const rate = (name: string, seconds: (round: Round) => number) =>
      ({ name, unit: 'rows/s', shape: 'repeats', values: rounds.map((one) => rows / seconds(one)) }) as const;
    return [
      rate('decode', ({ decode }) => decode),
      rate('label', ({ label }) => label),
      rate('add to live edges', ({ add }) => add),
      rate('decode, label, add', ({ decode, label, add }) => decode + label + add),
      { name: 'snapshot of all edges', unit: 'ms', shape: 'repeats', values: rounds.map((one) => one.snapshot * 1000) },
    ];
  },
};

/** Seconds. */
type Round = { readonly decode: number; readonly label: number; readonly add: number; readonly snapshot: number };

function round(encoded: readonly Uint8Array[], book: AddressBook): Round {
  const live = new LiveEdges();
  let [decode, label, add] = [0, 0, 0];
  for (const [index, bytes] of encoded.entries()) {
    const began = performance.now();
    const read = decodeFlowBatch(bytes);
    if (read.kind === 'refused') throw new Error(read.problem.message);
    const decoded = performance.now();
    const labelled = read.value.reports.map((report) => labelReport(book, reporterOf(report), report));
    const named = performance.now();
    for (const one of labelled) live.add(one, timeOf(index) + 1000);
    const added = performance.now();
    decode += decoded - began;
    label += named - decoded;
    add += added - named;
  }
  const began = performance.now();
  const found = live.snapshot({}, timeOf(encoded.length));
  if (found.length !== edges) throw new Error(`${found.length} edges came out, ${edges} went in`);
  return { decode: decode / 1000, label: label / 1000, add: add / 1000, snapshot: (performance.now() - began) / 1000 };
}

const timeOf = (batch: number): number => start + batch * 1000;
const addressOf = (workload: number) => addressFromBits(4, BigInt(0x0a000000 + workload));
const names = new Map(Array.from({ length: workloads }, (_, index) => [addressOf(index), `w-${index}`]));
const reporterOf = ({ local }: ConnectionReport): string => names.get(local) ?? '';

function estate(): AddressBook {
  const book = new AddressBook();
  for (const [address, name] of names) {
    const number = Number(name.slice(2));
    const labels = { role: `role-${number % 20}`, app: `app-${number % 50}`, env: number % 3 === 0 ? 'dev' : 'prod' };
    book.set({ name, labels, managed: true, addresses: [{ network: defaultNetwork, address }] }, 0);
  }
  return book;
}

/** Every edge comes round again and again, by both ends in turn. */
function batchBytes(batch: number): Uint8Array {
  const reports = Array.from({ length: rowsPerBatch }, (_, row): ConnectionReport => {
    const number = batch * rowsPerBatch + row;
    const edge = (number >> 1) % edges;
    const inbound = number % 2 === 1;
    const [from, to] = [addressOf(edge % workloads), addressOf((edge * 7 + 1) % workloads)];
    const denied = edge % 17 === 0;
    const rule = denied ? null : `shop/rule-${edge % 40}`;
    const last = timeOf(batch) + (row % 1000);
    return {
      first: last,
      last,
      direction: inbound ? 'inbound' : 'outbound',
      network: defaultNetwork,
      local: inbound ? to : from,
      peer: inbound ? from : to,
      service: 6 * 65536 + 1024 + (edge % 5000),
      effective: 'allow',
      intended: denied ? 'deny' : 'allow',
      effectiveRule: rule,
      intendedRule: rule,
      generation: 7,
      count: 1,
      records: 1,
      process: inbound ? '/usr/sbin/nginx' : null,
      unit: inbound ? 'nginx.service' : null,
      user: inbound ? 'www-data' : null,
    };
  });
  return encodeFlowBatch({ sequence: batch + 1, reports });
}
