import { type LiveMode, liveModes } from '@bulkhead/model/words.ts';
import { type Call, type OptionText, optionText } from '../command.ts';
import { badInput } from '../failure.ts';

export const connectionsOption: OptionText = {
  flags: '--connections <mode>',
  about:
    'live ones that are now denied: drain (go on), revalidate (stop at their next packet; the default), reset (both ends are told)',
};

/** As the API takes it; absent: as the controller has it. */
export function askedConnections(call: Call): { readonly connections?: LiveMode } {
  const asked = optionText(call, 'connections');
  if (asked === null) return {};
  const connections = liveModes.find((mode) => mode === asked);
  if (connections !== undefined) return { connections };
  throw badInput(
    'not-a-mode',
    `Cannot provision with --connections "${asked}": it is none, one of ${liveModes.join(', ')} is needed`,
  );
}
