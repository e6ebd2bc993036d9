import { utf8Length } from './utf8.ts';

/**
 * Who is at an end: processes and users. Both are compared as a whole with what a host reports, so one process or user
 * has one spelling. The answer says what is wrong, null when nothing is.
 */
const processByteLimit = 4095;
const userByteLimit = 256;

const control = /[\p{Cc}\u2028\u2029]/u;
const unit = /^[A-Za-z0-9:_.\\@-]+\.(service|scope)$/;

export function wrongProcess(text: string): string | null {
  if (text === '') return 'it is empty';
  if (utf8Length(text) > processByteLimit) return `it has ${utf8Length(text)} bytes`;
  if (!text.isWellFormed() || control.test(text)) return 'it has characters that names of files do not have';
  if (!text.startsWith('/')) return unit.test(text) ? null : 'it is neither an absolute path nor the name of a unit';
  const steps = text.slice(1).split('/');
  if (steps.some((step) => step === '' || step === '.' || step === '..'))
    return 'its path has an empty step, "." or ".."';
  return null;
}

export const processNeeded =
  'the absolute path of an executable such as /usr/sbin/nginx, or a unit such as nginx.service, is needed';

export function processHint(text: string): string | undefined {
  if (/^[A-Za-z0-9_@-]+$/.test(text)) return `write ${text}.service, or the path of the executable`;
  const steps = text.split('/').filter((step) => step !== '' && step !== '.');
  return text.startsWith('/') && steps.length > 0 && !steps.includes('..') ? `write /${steps.join('/')}` : undefined;
}

/** Accounts and directory names alike: `ana`, `CORP\ana`, `ana@corp.example`. */
export function wrongUser(text: string): string | null {
  if (text === '') return 'it is empty';
  if (utf8Length(text) > userByteLimit) return `it has ${utf8Length(text)} bytes`;
  if (!text.isWellFormed() || control.test(text) || /["'`]|^\s|\s$/.test(text))
    return 'it has characters that names of users do not have';
  return null;
}

export const userNeeded = 'a name of at most 256 bytes without quotes, control characters and outer spaces is needed';
