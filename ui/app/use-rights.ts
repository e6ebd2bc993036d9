import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';
import { type Right, whyNot } from './rights.ts';

/** Why whoever is signed in may not; null: they may. */
export const useWhyNot = (right: Right): string | null => whyNot(useQuery(sessionQuery).data, right);
