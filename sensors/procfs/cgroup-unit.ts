/**
 * The unit a process runs in, from the text of /proc/PID/cgroup: the innermost path component of the cgroup v2 line
 * that is named like a service or scope. Null: none, as for kernel threads and for processes outside of systemd.
 */
export function cgroupUnit(text: string): string | null {
  const line = text.split('\n').find((candidate) => candidate.startsWith('0::'));
  const units = (line ?? '').split('/').filter((part) => /^[^/]+\.(service|scope)$/.test(part));
  return units.at(-1) ?? null;
}
