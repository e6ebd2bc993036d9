import { useWhyNot } from '../app/use-rights.ts';

/** Viewers see everything and change nothing. */
export const useMayEdit = (): boolean => useWhyNot('edit') === null;
