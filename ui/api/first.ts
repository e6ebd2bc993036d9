import { apiPrefix, firstAnswers } from './first-answers.ts';

/** Those of this window. */
export const first = firstAnswers((path) => fetch(apiPrefix + path, { credentials: 'same-origin', cache: 'no-store' }));
