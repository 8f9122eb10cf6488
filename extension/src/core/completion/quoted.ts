import type { SyntaxView } from '../syntax/view.js';
import { endsInside } from './scanner.js';
import { statementHead } from './surroundings.js';
import { cursorLine } from './lines.js';

const PROSE = new Set([
  'markdown',
  'plaintext',
  'latex',
  'tex',
  'restructuredtext',
  'asciidoc',
  'git-commit',
]);

/** Whether a language's files are text for people rather than code. */
export function isProse(language: string): boolean {
  return PROSE.has(language);
}

const COMMENT_LINE: Readonly<Record<string, RegExp>> = {
  hash: /^\s*#/,
  dashes: /^\s*--/,
  slashes: /^\s*(?:\/\/|\*(?!\w|\*)|\/\*)/,
};
const HASHES = new Set([
  'python',
  'ruby',
  'shellscript',
  'bash',
  'yaml',
  'toml',
  'r',
  'julia',
  'elixir',
  'makefile',
  'dockerfile',
  'perl',
]);
const DASHES = new Set(['lua', 'sql', 'haskell', 'ada']);

/** Whether a line is nothing but a comment, as far as it can be told from the line alone. */
export function isCommentLine(line: string, language: string): boolean {
  const kind = HASHES.has(language) ? 'hash' : DASHES.has(language) ? 'dashes' : 'slashes';
  return COMMENT_LINE[kind]?.test(line) === true;
}

export interface QuotedQuestion {
  readonly prefix: string;
  readonly language: string;
  readonly syntax?: SyntaxView;
}

/**
 * Returns whether the cursor stands in a comment or a string, where words are no code: by the
 * tree when there is one, else by what the statement's text shows.
 */
export function quotedAt({
  prefix,
  language,
  syntax,
}: QuotedQuestion): 'comment' | 'string' | undefined {
  const { before } = cursorLine(prefix, '');
  if (isCommentLine(before, language)) {
    return 'comment';
  }
  for (const { kind, start, end } of syntax?.around(prefix.length) ?? []) {
    if (kind === 'interpolation') {
      return undefined;
    }
    // Behind the last quote of a string one is no longer in it, but a comment's line goes on.
    if (
      start < prefix.length &&
      (kind === 'comment' || (kind === 'string' && prefix.length < end))
    ) {
      return kind;
    }
  }
  return endsInside(statementHead(prefix), language);
}
