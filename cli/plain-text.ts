/**
 * Words of elsewhere - the name of a process on some host, the text of a file - must not speak to the terminal: of all
 * that a terminal obeys only our colours pass, and what changes the direction of writing is shown as its number. The
 * form is that of JSON, so a JSON line keeps its meaning.
 */
const obeyed =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /\u001b(?!\[(?:[0-79]|[2-49]\d)m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Line ends and tabs stay. */
export const plainText = (text: string): string => text.replace(obeyed, escaped);

/** For words that must not begin a line of their own. */
export const oneLine = (text: string): string => plainText(text).replace(/[\n\t]/g, escaped);

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Tokens and pairing keys that were given where they do not belong: what is said of a mistake ends up in logs. */
export const withoutSecrets = (text: string): string => text.replace(/\b(bht?1\.)[\w.-]+/g, '$1...');
