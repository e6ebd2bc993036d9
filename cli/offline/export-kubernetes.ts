import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exportKubernetes } from '@bulkhead/exporters/kubernetes/export.ts';
import { type Manifest, manifestNames, writtenBy } from '@bulkhead/exporters/kubernetes/manifests.ts';
import { clusterKey } from '@bulkhead/model/cluster-names.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { answer, type Call, type CommandText, optionSet, optionText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput, cannot, ProblemsFailure } from '../failure.ts';
import { plural } from '../print-problems.ts';
import { type Proof, proveExport } from './export-proof.ts';
import { atOption, estateOption, givenPaths, moment, policyOption, requireWorld } from './load.ts';
import { type NamedText, refuseExisting, writeTogether } from './write-together.ts';

export const exportKubernetesCommand: CommandText = {
  usage: 'kubernetes',
  about: 'the policy as NetworkPolicy and AdminNetworkPolicy manifests of one cluster, proved by reading them back',
  options: [
    estateOption,
    policyOption,
    { flags: '--out <directory>', about: 'where the manifests are written', required: true },
    { flags: '--cluster <name>', about: 'as workloads have it in kubernetes:cluster (default: the only one there is)' },
    {
      flags: '--accept-own-node',
      about: 'agree that between a pod and its own node the cluster decides otherwise',
    },
    { flags: '--force', about: 'replace the manifests of an earlier export' },
    atOption,
  ],
  run: exportToCluster,
};

async function exportToCluster(call: Call): Promise<ExitCode> {
  const out = optionText(call, 'out') ?? '';
  if (optionSet(call, 'force')) refuseForeign(out);
  else refuseExisting(out, manifestNames);
  const { documents } = requireWorld(call, givenPaths(call));
  const cluster = optionText(call, 'cluster') ?? onlyCluster(documents);
  const asked = { cluster, now: moment(call), acceptOwnNode: optionSet(call, 'acceptOwnNode') };
  const { manifests, refusals, notes, summary } = exportKubernetes(documents, asked);
  if (manifests === null) throw new ProblemsFailure([...refusals, ...(call.json ? notes : summary)]);
  for (const note of summary) call.terminal.note(formatProblem(note));
  const files = manifests.map(({ name, yaml }) => ({ file: name, text: yaml }));
  const cells = provedCells({ ...asked, documents, manifests: files });
  writeManifests(out, manifests);
  const written = files.map(({ file }) => file);
  const value = { cluster, files: written, proved: { cells: `${cells}` }, notes };
  return answer(call, value, () => [...written.map((file) => `wrote ${out}/${file}`), provedText(cells)].join('\n'));
}

/** Of an earlier export nothing stays: whoever applies the folder would apply it, too. */
function writeManifests(out: string, manifests: readonly Manifest[]): void {
  const texts: readonly NamedText[] = manifests.map(({ name, yaml }) => ({ name, text: yaml }));
  writeTogether(out, texts);
  for (const name of manifestNames)
    if (!texts.some((text) => text.name === name)) rmSync(join(out, name), { force: true });
}

/** Force is for what an export wrote before, and not for what somebody else did. */
function refuseForeign(out: string): void {
  const foreign = manifestNames
    .map((name) => join(out, name))
    .find((path) => existsSync(path) && !(statSync(path).isFile() && readFileSync(path, 'utf8').startsWith(writtenBy)));
  if (foreign === undefined) return;
  throw badInput('not-ours', `Cannot replace "${foreign}": no export wrote it, another directory is needed`);
}

const provedText = (cells: bigint): string =>
  `proved: reading these manifests back changes no verdict (${cells} cells compared)`;

/** Nothing is written that was not proved. */
function provedCells(claim: Parameters<typeof proveExport>[0]): bigint {
  const proof = proveExport(claim);
  if (proof.kind === 'proved') return proof.cells;
  throw cannot(
    'export-differs',
    `Cannot write manifests for "${claim.cluster}": read back they decide otherwise, such as ${exampleText(proof)}, nothing was written`,
    'this is a defect; report it with the policy',
  );
}

function exampleText({ end, difference }: Extract<Proof, { readonly kind: 'refuted' }>): string {
  for (const [change, verb] of [[difference.opened, 'opens'] as const, [difference.closed, 'closes'] as const]) {
    const { rectangles, addressRectangles, nameRectangles = [], partly } = change;
    const [first] = [...rectangles, ...addressRectangles, ...nameRectangles, ...(partly === undefined ? [] : [partly])];
    if (first === undefined) continue;
    const { from, to, service } = first.example;
    return `${from} -> ${to} ${service}, which ${verb} at its ${end}`;
  }
  return `connections at their ${end}`;
}

function onlyCluster(documents: readonly Document[]): string {
  const clusters = new Set(
    documents.flatMap((document) => (document.kind === 'Workload' ? (document.labels[clusterKey] ?? []) : [])),
  );
  const [first, ...others] = [...clusters].sort();
  if (first !== undefined && others.length === 0) return first;
  const there = first === undefined ? 'no workload is in one' : `there are ${plural(clusters.size, 'cluster')}`;
  const hint = first === undefined ? null : `--cluster ${[first, ...others].join(' or --cluster ')}`;
  throw badInput('no-cluster', `Cannot choose a cluster: ${there}, --cluster is needed`, hint);
}
