import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';

/** Viewers see everything and change nothing. */
export const useMayEdit = (): boolean => useQuery(sessionQuery).data?.role === 'admin';
