import type { checks } from '../scenario.ts';
import type { Estate } from './estate.ts';

export type Day = Pick<ReturnType<typeof checks>, 'say' | 'check'> & { readonly estate: Estate };
