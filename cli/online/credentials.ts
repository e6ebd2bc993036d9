import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `authority`: the controller's CA certificate in PEM, pinned when the operator logged in. `token` is a secret. */
export type Credential = { readonly url: string; readonly token: string; readonly authority: string };

export function readCredentials(environment: Environment): readonly Credential[] {
  const file = credentialsFile(environment);
  if (!existsSync(file)) return [];
  const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(stored) ? stored.filter(isCredential) : [];
}

/** Replaces what was stored for the same controller; the file is readable by its owner only and never half written. */
export function saveCredential(environment: Environment, credential: Credential): string {
  const file = credentialsFile(environment);
  const others = readCredentials(environment).filter((entry) => entry.url !== credential.url);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify([...others, credential]), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}

function credentialsFile(environment: Environment): string {
  return join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'bulkhead', 'sessions.json');
}

function isCredential(value: unknown): value is Credential {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  return ['url', 'token', 'authority'].every((key) => typeof entry[key] === 'string');
}
