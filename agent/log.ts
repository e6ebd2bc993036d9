export type LogLevel = 'info' | 'warn' | 'error';
/** `fields` must never hold a key, a secret or the text of a pairing key. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** One JSON object per line. */
export function jsonLog(write: (line: string) => void, clock: () => number): Log {
  return (level, message, fields = {}) =>
    write(`${JSON.stringify({ time: new Date(clock()).toISOString(), level, message, ...fields })}\n`);
}

/** The same for people: time, level, message, then the fields. */
export function plainLog(write: (line: string) => void, clock: () => number): Log {
  return (level, message, fields = {}) => {
    const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
    write(`${new Date(clock()).toISOString()} ${level.padEnd(5)} ${printable(message)}${rest.join('')}\n`);
  };
}

/** A message may repeat what somebody else wrote: it must not look like another line. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

export const silentLog: Log = () => {};
