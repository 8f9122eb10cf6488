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

const BRACKET = /^[()[\]{}]$/;

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
    if (BRACKET.test(token)) {
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
