/**
 * Characters that turn the text after them the other way round, shown as their numbers: whoever reads a rule must not
 * read another one than is enforced.
 */
export const visibleText = (text: string): string =>
  text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
