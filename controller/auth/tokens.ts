import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits, base64url: nothing that can be guessed, so its plain SHA-256 is safe to store. */
export const newToken = (): string => randomBytes(32).toString('base64url');

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Compares the hashes, so neither length nor a common start of the texts shows in the time taken. */
export function tokenMatches(token: string, hash: string): boolean {
  const [given, stored] = [Buffer.from(tokenHash(token), 'hex'), Buffer.from(hash, 'hex')];
  return given.length === stored.length && timingSafeEqual(given, stored);
}
