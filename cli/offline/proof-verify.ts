import { createHash, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ExportedProof, type ProofStatement, readExportedProof, readStatement } from '@bulkhead/wire/proof.ts';
import { answer, argument, type Call, type CommandText, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';

export const proofVerifyCommand: CommandText = {
  usage: 'verify <file>',
  about: 'whether exported statements were signed by the hosts they speak of; without a controller',
  options: [
    {
      flags: '--authority <file>',
      about: "the authority's certificate (PEM), got from somebody you trust",
      required: true,
    },
  ],
  run: verifyProofs,
};

/** What is wrong with one line. */
export type WrongLine = { readonly line: number; readonly problem: string };
export type Verified = {
  readonly statements: number;
  readonly hosts: readonly string[];
  readonly wrong: readonly WrongLine[];
};

async function verifyProofs(call: Call): Promise<ExitCode> {
  const file = argument(call, 0);
  const verified = verifyLines(readText(file), readAuthority(optionText(call, 'authority') ?? ''));
  answer(call, verified, () => verifiedText(verified));
  return verified.wrong.length === 0 && verified.statements > 0 ? exitCodes.ok : exitCodes.no;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw badInput('no-file', `Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readAuthority(file: string): X509Certificate {
  try {
    return new X509Certificate(readText(file));
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Cannot')) throw error;
    throw badInput('bad-certificate', `Cannot use "${file}": it is no certificate, one in PEM is needed`);
  }
}

/** SPEC PR19. */
export function verifyLines(text: string, authority: X509Certificate): Verified {
  const wrong: WrongLine[] = [];
  const hosts = new Set<string>();
  const said = new Map<string, string>();
  let statements = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    statements++;
    const found = verifyLine(line, authority);
    if (typeof found === 'string') {
      wrong.push({ line: index + 1, problem: found });
      continue;
    }
    hosts.add(found.statement.workload);
    const key = `${found.statement.workload} ${found.statement.sequence}`;
    const hash = createHash('sha256').update(found.text).digest('hex');
    if (said.has(key) && said.get(key) !== hash) {
      wrong.push({
        line: index + 1,
        problem: `its number ${found.statement.sequence} stands for another statement, too`,
      });
    }
    said.set(key, hash);
  }
  return { statements, hosts: [...hosts].sort(), wrong };
}

type Good = { readonly statement: ProofStatement; readonly text: string };

/** Or what is wrong with it. */
function verifyLine(line: string, authority: X509Certificate): Good | string {
  const exported = readExportedProof(line);
  if (exported.kind === 'refused') return exported.problem.message;
  const { text, signature } = exported.value;
  const read = readStatement(text);
  if (read.kind === 'refused') return read.problem.message;
  const statement = read.value;
  const certificate = certificateOf(exported.value, authority);
  if (typeof certificate === 'string') return certificate;
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  if (statement.certificate !== fingerprint) return 'it names another certificate than the one beside it';
  const name = `URI:spiffe://bulkhead/workload/${statement.host}`;
  if (certificate.subjectAltName !== name) return `its certificate is that of ${certificate.subjectAltName}`;
  const isSigned = verify('sha256', Buffer.from(text), certificate.publicKey, Buffer.from(signature, 'base64'));
  if (!isSigned) return 'its signature is not that of its certificate';
  const [from, until] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  const { received } = exported.value;
  return received >= from && received <= until
    ? { statement, text }
    : 'its certificate was not valid when it was received';
}

function certificateOf({ certificate }: ExportedProof, authority: X509Certificate): X509Certificate | string {
  try {
    const read = new X509Certificate(certificate);
    return read.verify(authority.publicKey) ? read : 'its certificate is not one of this authority';
  } catch {
    return 'its certificate cannot be read';
  }
}

function verifiedText({ statements, hosts, wrong }: Verified): string {
  const good = statements - new Set(wrong.map(({ line }) => line)).size;
  const lines = wrong.map(({ line, problem }) => `line ${line}: ${problem}`);
  return [
    ...lines,
    `${good} of ${statements} statements hold, of ${hosts.length} hosts: ${hosts.join(', ') || '-'}`,
  ].join('\n');
}
