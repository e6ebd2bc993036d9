import type { Call } from '../command.ts';
import type { Api } from '../online/api.ts';
import { plural } from '../print-problems.ts';

/**
 * Isolations are no part of a policy: no file says them and no version undoes them. Whoever reads one or applies one is told
 * that they are there. A controller that does not say is older than they are; not to know is no reason to stop.
 */
export async function noteIsolations(call: Call, api: Api): Promise<void> {
  const isolations = await countOf(api).catch(() => 0);
  if (isolations === 0) return;
  const [are, they] = isolations === 1 ? ['is', 'it is'] : ['are', 'they are'];
  call.terminal.note(
    `${plural(isolations, 'isolation')} ${are} in force beside this policy; ${they} in no file, and no version ends them: bulkhead isolate list`,
  );
}

async function countOf(api: Api): Promise<number> {
  const { isolations } = (await api.get('/status')) as { readonly isolations?: unknown };
  return typeof isolations === 'number' ? isolations : 0;
}
