/**
 * Just enough of TypeScript's lexical grammar to find imports and function bodies without a compiler: strings,
 * templates, comments and regular expressions cannot be mistaken for code. It refuses to be a parser.
 */
type TokenKind = 'word' | 'string' | 'template' | 'regex' | 'number' | 'punctuation';

/** `text` is a string's value without its quotes, and the token as written otherwise; lines count from 1. */
export type Token = { readonly kind: TokenKind; readonly text: string; readonly line: number };

const blank = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const word = /[\p{ID_Start}$_#@][\p{ID_Continue}$]*/uy;
const number = /\d[\w.]*/y;
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const punctuation = /=>|\+\+|--|\?\?=?|&&=?|\|\|=?|\.\.\.|[\s\S]/y;

/** A `/` after one of these starts a regular expression; after a value it divides. */
const beforeRegex = new Set('return typeof case in of new delete void throw await yield else do'.split(' '));
const values = new Set([')', ']', '}', '++', '--']);
/** Behind the bracket that closes their condition a statement starts, and may do so with a regular expression. */
const beforeCondition = new Set(['if', 'while', 'for', 'with']);

export function tokenize(source: string): readonly Token[] {
  const scanner = new Scanner(source);
  while (scanner.step());
  return scanner.tokens;
}

class Scanner {
  readonly tokens: Token[] = [];
  private readonly source: string;
  private position = 0;
  private line = 1;
  /** One entry per open template hole: how many braces are open inside it. */
  private readonly holes: number[] = [];
  /** One entry per open round bracket: whether it holds a condition. */
  private readonly conditions: boolean[] = [];
  private closedCondition = false;

  constructor(source: string) {
    this.source = source;
  }

  /** Takes one token; false at the end. */
  step(): boolean {
    this.advance(this.at(blank) ?? '');
    const character = this.source[this.position];
    if (character === undefined) return false;
    const closesHole = character === '}' && this.holes.at(-1) === 0;
    if (character === '`' || closesHole) this.template(closesHole);
    else this.plain();
    return true;
  }

  private plain(): void {
    const text = this.at(quoted);
    if (text !== null) {
      this.push('string', text, text.slice(1, -1));
      return;
    }
    const [kind, found] = this.unquoted();
    this.nest(found);
    this.enclose(found);
    this.push(kind, found);
  }

  private unquoted(): readonly [TokenKind, string] {
    const name = this.at(word);
    if (name !== null) return ['word', name];
    const digits = this.at(number);
    if (digits !== null) return ['number', digits];
    const pattern = this.mayStartRegex() ? this.at(regex) : null;
    return pattern === null ? ['punctuation', this.at(punctuation) ?? ''] : ['regex', pattern];
  }

  /** From the opening backtick (or the brace that closes a hole) to the closing backtick or the next hole. */
  private template(closesHole: boolean): void {
    if (closesHole) this.holes.pop();
    let end = this.position + 1;
    while (end < this.source.length && this.source[end] !== '`' && !this.source.startsWith('${', end)) {
      end += this.source[end] === '\\' ? 2 : 1;
    }
    const opensHole = this.source[end] === '$';
    if (opensHole) this.holes.push(0);
    this.push('template', this.source.slice(this.position, end + (opensHole ? 2 : 1)));
  }

  private nest(mark: string): void {
    const last = this.holes.length - 1;
    if (last < 0) return;
    if (mark === '{') this.holes[last] = (this.holes[last] ?? 0) + 1;
    if (mark === '}') this.holes[last] = (this.holes[last] ?? 0) - 1;
  }

  private enclose(mark: string): void {
    const [before, last] = this.tokens.slice(-2);
    const word = last ?? before;
    const isLoop = word?.text === 'await' && before?.text === 'for';
    if (mark === '(') this.conditions.push(word?.kind === 'word' && (beforeCondition.has(word.text) || isLoop));
    this.closedCondition = mark === ')' && this.conditions.pop() === true;
  }

  private mayStartRegex(): boolean {
    const previous = this.tokens.at(-1);
    if (previous === undefined) return true;
    if (previous.kind === 'word') return beforeRegex.has(previous.text);
    if (previous.text === ')' && this.closedCondition) return true;
    // `</` closes a JSX element.
    return previous.kind === 'punctuation' && previous.text !== '<' && !values.has(previous.text);
  }

  private at(pattern: RegExp): string | null {
    pattern.lastIndex = this.position;
    return pattern.exec(this.source)?.[0] ?? null;
  }

  private push(kind: TokenKind, text: string, value = text): void {
    this.tokens.push({ kind, text: value, line: this.line });
    this.advance(text);
  }

  private advance(text: string): void {
    this.position += text.length;
    this.line += text.split('\n').length - 1;
  }
}
