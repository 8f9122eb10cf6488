/** A file named in an instruction, such as `@src/app.ts`, `@src/app.ts:10-20` or `@"my file.ts"`. */
export interface Mention {
  /** With forward slashes, as it was written. */
  readonly path: string;
  /** Lines of the file, counted from zero, `end` exclusive; the whole file when absent. */
  readonly lines?: { readonly start: number; readonly end: number };
  /** Where it stands in the instruction, in UTF-16 code units; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

// After white space or an opening bracket: an e-mail address or a decorator's call is no mention.
const MENTION =
  /(?<=^|[\s([{,;'"`])@(?:"([^"\n]+)"|'([^'\n]+)'|((?:[\w.+~-]|[^\p{ASCII}\s])(?:[\w./\\+~@$[\]-]|[^\p{ASCII}\s])*))(?::(\d+)(?:-(\d+))?)?/gu;

/**
 * Finds the files that an instruction mentions, in order. A name without quotes needs a dot or a
 * slash to be one: `@dataclass` is Python, and says so in many instructions.
 */
export function parseMentions(instruction: string): Mention[] {
  return [...instruction.matchAll(MENTION)].flatMap((match) => {
    const [whole, double, single, bare, first, last] = match;
    const quoted = double ?? single;
    const path = quoted ?? trimSentence(bare ?? '');
    const named = quoted !== undefined || /[./\\]/.test(path.replace(/\.+$/, ''));
    if (!named || path === '') {
      return [];
    }
    const lost = quoted === undefined ? (bare ?? '').length - path.length : 0;
    const mention: Mention = {
      path: path.replaceAll('\\', '/').replace(/^\.\//, ''),
      start: match.index,
      end: match.index + whole.length - lost,
    };
    return first !== undefined && lost === 0
      ? [{ ...mention, lines: linesOf(first, last) }]
      : [mention];
  });
}

/** Drops the punctuation of the sentence that a name ends. */
function trimSentence(name: string): string {
  return name.replace(/[.-]+$/, '');
}

function linesOf(first: string, last: string | undefined): { start: number; end: number } {
  const start = Math.max(Number(first) - 1, 0);
  return { start, end: Math.max(last === undefined ? start + 1 : Number(last), start + 1) };
}

/**
 * Returns the instruction as the model reads it: mentions without the sign and quotes, so that the
 * names are those of the files shown to it.
 */
export function withoutSigns(instruction: string, mentions: readonly Mention[]): string {
  let text = '';
  let at = 0;
  for (const { path, lines, start, end } of mentions) {
    const where = lines ? ` (lines ${lines.start + 1}-${lines.end})` : '';
    text += instruction.slice(at, start) + path + where;
    at = end;
  }
  return text + instruction.slice(at);
}

/** Returns the part of a mention that is being typed at the end of a text, such as `src/ap`. */
export function mentionAtEnd(text: string): string | undefined {
  return /(?:^|[\s([{,;'"`])@([^\s"'@]*)$/.exec(text)?.[1];
}
