import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where everything of one agent lies. The directory is its owner's alone (0700), every file in it 0600. */
export type AgentDirectory = {
  readonly path: string;
  readonly key: string;
  readonly certificate: string;
  /** A renewed key and certificate (JSON) that have not taken the place of those two yet. */
  readonly renewed: string;
  readonly authority: string;
  /** Which controller and workload the certificate is for (JSON). */
  readonly enrolment: string;
  /** The last ruleset that the kernel took and was seen to hold. */
  readonly ruleset: string;
  /** What a change that is being tried out is undone by; `trials.ts` says what stands behind this name. */
  readonly undo: string;
  /** The last good ruleset of each guest, named by its place in the kernel. */
  readonly guests: string;
  /** Addresses of domain names that this host learned (JSON). */
  readonly names: string;
  readonly state: string;
  readonly accounting: string;
  /** Number and hash of the last signed statement about each workload. */
  readonly proof: string;
  readonly spool: string;
};

export function openDirectory(path: string): AgentDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  const directory = agentDirectory(path);
  mkdirSync(directory.guests, { recursive: true, mode: 0o700 });
  return directory;
}

export function agentDirectory(path: string): AgentDirectory {
  return {
    path,
    key: join(path, 'agent.key'),
    certificate: join(path, 'agent.crt'),
    renewed: join(path, 'renewed.json'),
    authority: join(path, 'authority.crt'),
    enrolment: join(path, 'enrolment.json'),
    ruleset: join(path, 'ruleset.json'),
    undo: join(path, 'undo.nft'),
    guests: join(path, 'guests'),
    names: join(path, 'names.json'),
    state: join(path, 'state.json'),
    accounting: join(path, 'accounting.json'),
    proof: join(path, 'proof.json'),
    spool: join(path, 'spool'),
  };
}
