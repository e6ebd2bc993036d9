import { hash, verify } from '@node-rs/argon2';

/** argon2id with the cost OWASP recommends: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export const passwordLimits = { least: 12, most: 256 } as const;

export const hashPassword = (password: string): Promise<string> => hash(password, cost);

/**
 * False for a wrong password and for no user alike, after the same work: the time taken does not tell which names
 * exist.
 */
export async function passwordMatches(password: string, stored: string | null): Promise<boolean> {
  nobody ??= hashPassword('nobody has this password');
  const matches = await verify(stored ?? (await nobody), password);
  return matches && stored !== null;
}

let nobody: Promise<string> | undefined;
