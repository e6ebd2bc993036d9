import type { HistoryFailure } from './types.ts';

/** What the database says when the disk is full; the system's own word is in its message. */
const fullSigns =
  /ENOSPC|no space left|disk (is )?full|could not write all bytes|exceeds? max_temp_directory_size|Disk quota/i;

export function storeFailure(doing: string, thrown: unknown): HistoryFailure {
  const said = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0]?.slice(0, 300) ?? '';
  const full = fullSigns.test(said);
  return {
    kind: 'failed',
    code: full ? 'history-full' : 'history-io',
    message: `Cannot ${doing} the flow history: ${said}, ${full ? 'free disk space' : 'a working disk'} is needed`,
  };
}

/** The file is unusable in this process until it is opened again. */
export function isFatal(thrown: unknown): boolean {
  return thrown instanceof Error && /FATAL|invalidated|has been closed/i.test(thrown.message);
}
