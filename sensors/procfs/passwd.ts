/** User names by number, from the text of /etc/passwd; of two names for one number the first, as the C library does. */
export function parsePasswd(text: string): ReadonlyMap<number, string> {
  const out = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (name !== '' && /^\d{1,10}$/.test(uid) && !out.has(Number(uid))) out.set(Number(uid), name);
  }
  return out;
}
