import { indentWidth } from './lines.js';

/** A bracket that is code: none of those in strings and comments. */
export interface Bracket {
  readonly character: string;
  readonly offset: number;
  /** Where its line starts, how far that is indented, and whether nothing stands before it. */
  readonly line: number;
  readonly indent: number;
  readonly leads: boolean;
}

const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

export function isOpener(character: string): boolean {
  return character === '(' || character === '[' || character === '{';
}

const DOUBLE_QUOTED = String.raw`"(?:\\.|[^"\\\n])*"?`;
const SINGLE_QUOTED = String.raw`'(?:\\.|[^'\\\n])*'?`;
/** Not a string in languages where an apostrophe also means something else. */
const CHARACTER = String.raw`'(?:\\[^\n]{1,10}?|[^'\\\n])'`;
const BACKQUOTED = '`(?:\\\\[\\s\\S]|[^`\\\\])*(?:`|$)';
const SLASH_COMMENTS = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const HASH_COMMENT = '#[^\\n]*';
const TRIPLE_QUOTED = String.raw`"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)`;
/** A regular expression stands where a value may begin, else the slash divides. */
const SLASHED = String.raw`(?<=(?:[(,=:[!&|?{};\n]|\breturn)[ \t]*)\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/`;

/** What is skipped, by family of languages; brackets are what is left. */
const SKIPPED: Readonly<Record<string, readonly string[]>> = {
  c: [SLASH_COMMENTS, DOUBLE_QUOTED, CHARACTER],
  go: [SLASH_COMMENTS, DOUBLE_QUOTED, CHARACTER, BACKQUOTED],
  javascript: [SLASH_COMMENTS, SLASHED, DOUBLE_QUOTED, SINGLE_QUOTED, BACKQUOTED],
  python: [HASH_COMMENT, TRIPLE_QUOTED, DOUBLE_QUOTED, SINGLE_QUOTED],
  // `$#`, `${#x}` and `a#b` are no comments, and a pattern of `case` ends with a bracket.
  shell: [
    String.raw`(?<=^|[\s;])#[^\n]*`,
    String.raw`(?<=(?:^|\n)[ \t]*)[^\s()"'$]+(?:[ \t]*\|[ \t]*[^\s()"']+)*\)`,
    DOUBLE_QUOTED,
    SINGLE_QUOTED,
  ],
  php: [SLASH_COMMENTS, HASH_COMMENT, DOUBLE_QUOTED, SINGLE_QUOTED],
  css: [String.raw`\/\*[\s\S]*?(?:\*\/|$)`, DOUBLE_QUOTED, SINGLE_QUOTED],
  sql: ['--[^\\n]*', DOUBLE_QUOTED, SINGLE_QUOTED],
  prose: [],
};

const FAMILIES: Readonly<Record<string, string>> = {
  bash: 'shell',
  css: 'css',
  dockerfile: 'shell',
  elixir: 'python',
  go: 'go',
  haskell: 'sql',
  html: 'prose',
  javascript: 'javascript',
  javascriptreact: 'javascript',
  julia: 'python',
  less: 'css',
  lua: 'sql',
  makefile: 'shell',
  markdown: 'prose',
  php: 'php',
  plaintext: 'prose',
  python: 'python',
  r: 'python',
  ruby: 'shell',
  scss: 'css',
  shellscript: 'shell',
  sql: 'sql',
  svelte: 'javascript',
  toml: 'python',
  typescript: 'javascript',
  typescriptreact: 'javascript',
  vue: 'javascript',
  yaml: 'shell',
};

const scanners = new Map<string, RegExp>();

function scannerFor(language: string): RegExp {
  const family = FAMILIES[language] ?? 'c';
  let scanner = scanners.get(family);
  if (!scanner) {
    scanner = new RegExp([...(SKIPPED[family] ?? []), String.raw`[()[\]{}]`].join('|'), 'g');
    scanners.set(family, scanner);
  }
  return scanner;
}

/** Returns the brackets of a text that starts outside of strings and comments. */
export function bracketsIn(text: string, language: string, tabSize?: number): Bracket[] {
  const found: Bracket[] = [];
  for (const { 0: token, index: offset } of text.matchAll(scannerFor(language))) {
    if (token.length === 1 && (isOpener(token) || token in PAIRS)) {
      const line = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
      const before = text.slice(line, offset);
      found.push({
        character: token,
        offset,
        line,
        indent: indentWidth(before, tabSize),
        leads: before.trim() === '',
      });
    }
  }
  return found;
}

export interface Balance {
  readonly pairs: readonly { readonly opener: Bracket; readonly closer: Bracket }[];
  /** Openers that nothing closes. */
  readonly open: readonly Bracket[];
  /** Closers that close nothing. */
  readonly stray: readonly Bracket[];
}

/**
 * Matches brackets. Half-written code lacks closers; a closer that begins its line and is less
 * indented than an opener's statement shows that this opener is one of those.
 */
export function balance(brackets: readonly Bracket[]): Balance {
  const pairs: { opener: Bracket; closer: Bracket }[] = [];
  const open: Bracket[] = [];
  const missing: Bracket[] = [];
  const stray: Bracket[] = [];
  // A line such as `b) {` goes on with the statement whose bracket it closes.
  let goesOn = { line: -1, indent: 0 };
  for (const bracket of brackets) {
    if (isOpener(bracket.character)) {
      const more = bracket.line === goesOn.line && goesOn.indent < bracket.indent;
      open.push(more ? { ...bracket, indent: goesOn.indent } : bracket);
      continue;
    }
    const partner = partnerOf(bracket, open);
    const [opener, ...inside] = partner < 0 ? [] : open.splice(partner);
    if (opener) {
      goesOn = { line: bracket.line, indent: opener.indent };
      pairs.push({ opener, closer: bracket });
      missing.push(...inside);
    } else {
      stray.push(bracket);
    }
  }
  return { pairs, open: [...missing, ...open], stray };
}

function partnerOf(closer: Bracket, open: readonly Bracket[]): number {
  return open.findLastIndex(
    ({ character, indent }) =>
      character === PAIRS[closer.character] && !(closer.leads && indent > closer.indent),
  );
}

/** Most lines to go from the cursor in search of the statement's start and end. */
const REACH = 300;

/** Returns the end of the prefix from the outermost statement that it stands in, at most. */
export function statementHead(prefix: string): string {
  let start = prefix.lastIndexOf('\n') + 1;
  for (let line = 0; start > 0 && line < REACH; line++) {
    const rest = prefix.slice(start, prefix.indexOf('\n', start) + 1 || undefined);
    if (/^[^\s)\]}]/.test(rest)) {
      break;
    }
    start = prefix.lastIndexOf('\n', start - 2) + 1;
  }
  return prefix.slice(start);
}

/** Returns the suffix up to where the next outermost statement begins, at most. */
export function statementTail(suffix: string): string {
  let end = suffix.indexOf('\n') + 1;
  for (let line = 0; end > 0 && line < REACH; line++) {
    if (/^[^\s)\]}]/.test(suffix.slice(end, end + 1))) {
      return suffix.slice(0, end);
    }
    end = suffix.indexOf('\n', end) + 1;
  }
  return suffix.slice(0, end || undefined);
}

/** What stands around a text that is to be inserted. */
export interface Surroundings {
  readonly prefix: string;
  readonly suffix: string;
  readonly language: string;
  readonly tabSize?: number;
}

/**
 * How many closers would be one too many if `text` stood between the surroundings: those after it
 * that close nothing, and those in it once it has closed what was open before. A closer that comes
 * before that may well close something from above what is looked at.
 */
export function strayClosers(text: string, around: Surroundings): number {
  const head = statementHead(around.prefix);
  const statement = head + text + statementTail(around.suffix);
  const { pairs, stray } = balance(bracketsIn(statement, around.language, around.tabSize));
  const start = head.length;
  const end = start + text.length;
  const closed = pairs
    .filter(({ opener, closer }) => opener.offset < start && closer.offset >= start)
    .map(({ closer }) => closer.offset);
  const since = Math.min(end, ...closed);
  return stray.filter(({ offset }) => offset >= since).length;
}

/** Returns the stretches of a text that are strings or comments of more than one line. */
export function multilineSpans(
  text: string,
  language: string,
): readonly { readonly start: number; readonly end: number }[] {
  const spans = [];
  for (const { 0: token, index: start } of text.matchAll(scannerFor(language))) {
    if (token.includes('\n')) {
      spans.push({ start, end: start + token.length });
    }
  }
  return spans;
}

/** Returns whether a text ends in a string or comment that it began and did not end. */
export function endsInside(text: string, language: string): 'comment' | 'string' | undefined {
  let last: RegExpExecArray | undefined;
  for (const match of text.matchAll(scannerFor(language))) {
    last = match;
  }
  if (!last || last.index + last[0].length < text.length) {
    return undefined;
  }
  const token = last[0];
  if (token.startsWith('/*')) {
    return token.length > 3 && token.endsWith('*/') ? undefined : 'comment';
  }
  return /^(?:\/\/|#|--)/.test(token) ? 'comment' : openString(token);
}

function openString(token: string): 'string' | undefined {
  const quote = /^(?:"""|'''|["'`])/.exec(token)?.[0];
  const ended = quote !== undefined && token.length >= 2 * quote.length && token.endsWith(quote);
  return quote === undefined || ended ? undefined : 'string';
}
