import { type Bracket, bracketsIn, isOpener } from './scanner.js';
import { statementHead, statementTail, type Surroundings } from './surroundings.js';

const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

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
