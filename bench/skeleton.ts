import type { Bench } from './figure.ts';
export const skeleton: Bench = { about: 'x', defaultRepeats: 1, run: async () => [] };
