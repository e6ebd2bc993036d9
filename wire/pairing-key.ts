/**
 * What an operator pastes on a new host: which key it is, the secret that spends it, and which authority to trust.
 * Text form `bh1.<id>.<secret>.<fingerprint>`; the parts are base64url, the fingerprint is the SHA-256 of the
 * authority's certificate (DER).
 */
export type PairingKey = { readonly id: string; readonly secret: string; readonly fingerprint: string };

export const formatPairingKey = (key: PairingKey): string => `bh1.${key.id}.${key.secret}.${key.fingerprint}`;

/** Null when the text is not a pairing key. The text is a secret: no message may repeat it. */
export function parsePairingKey(text: string): PairingKey | null {
  const match = /^bh1\.([\w-]{4,64})\.([\w-]{16,128})\.([\w-]{43})$/.exec(text.trim());
  if (match === null) return null;
  const [, id = '', secret = '', fingerprint = ''] = match;
  return { id, secret, fingerprint };
}
