import { Composer, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import type { Finding } from '../finding.ts';
import { fileCharacterLimit, tooDeep } from './limits.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';
import { treeOf } from './yaml-tree.ts';

/** The reader of tokens counts keys and values too, so its stack is deeper than the nesting that people see. */
const stackPerLevel = 4;

/**
 * The documents of one file, one at a time, empty ones left out. A document that is not YAML, is too deep or expands
 * too far is reported and left out whole.
 */
export function* readTrees(reading: Reading): Generator<Tree> {
  if (reading.text.length > fileCharacterLimit) {
    const so = `it has ${reading.text.length} characters`;
    reading.report(0, {
      code: 'file-too-large',
      cannot: 'read the file',
      so,
      needed: `at most ${fileCharacterLimit} are read`,
    });
    return;
  }
  for (const document of readDocuments(reading)) {
    const wrong = [...document.errors, ...document.warnings];
    for (const error of wrong) reading.report(error.pos[0], syntaxFinding(error));
    if (wrong.length > 0) continue;
    const tree = treeOf(reading, document);
    if (tree !== null) yield tree;
  }
}

/** Unlike `parseAllDocuments` this holds one document at a time and stops where the text nests too deep. */
function* readDocuments(reading: Reading): Generator<Document.Parsed> {
  const parser = new Parser();
  // Duplicate keys are found by treeOf: the library's own check takes quadratic time.
  const composer = new Composer({ uniqueKeys: false, schema: 'core', version: '1.2', prettyErrors: false });
  const { limits } = reading;
  const most = limits.tokens;
  let tokens = 0;
  for (const lexeme of new Lexer().lex(reading.text)) {
    tokens++;
    for (const token of parser.next(lexeme)) {
      if (token.type === 'document') tokens = 0;
      yield* composer.next(token);
    }
    if (parser.stack.length <= stackPerLevel * limits.nesting && tokens <= most) continue;
    reading.report(parser.offset, tokens > most ? documentTooLarge(most) : tooDeep(limits));
    return;
  }
  for (const token of parser.end()) yield* composer.next(token);
  yield* composer.end();
  const { errors } = composer.streamInfo();
  for (const error of errors) reading.report(error.pos[0], syntaxFinding(error));
}

const documentTooLarge = (most: number): Finding => ({
  code: 'document-too-large',
  cannot: 'read the document',
  so: `it has more than ${most} words and signs up to here`,
  needed: 'smaller documents are needed',
  hint: 'split it into several documents with --- between them, in one file or several',
});

const syntaxHints: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: 'put a text that begins with "!" in quotes, for example "!quarantined"',
  BAD_ALIAS: 'put a text that begins with "*" or "&" in quotes',
  TAB_AS_INDENT: 'indent with spaces',
  BLOCK_AS_IMPLICIT_KEY: 'put a text with a colon and a space in quotes',
  MULTILINE_IMPLICIT_KEY: 'a colon may be missing after a key on this line or the one before',
  BAD_SCALAR_START: 'put a text that begins with a sign in quotes',
  RESOURCE_EXHAUSTION: 'fewer levels inside each other are needed',
};

function syntaxFinding(error: YAMLError): Finding {
  const so = (error.message.split('\n')[0] ?? '').slice(0, 200);
  const finding = { code: 'yaml-syntax', cannot: 'read the YAML', so, needed: 'well-formed YAML is needed' };
  const hint = syntaxHints[error.code];
  return hint === undefined ? finding : { ...finding, hint };
}
