import { balance, strayClosers } from '../brackets.js';
import { bracketsIn, endsInside } from '../scanner.js';
import { statementHead } from '../surroundings.js';
import { cursorLine, isBlank } from '../lines.js';
import type { Filter, FilterInput, FilterVerdict } from './filter.js';

/** What an editor writes by itself right of the cursor, and what ends statements. */
const CLOSERS = /^[\s)\]}>"'`;,]+$/;

/**
 * Does not say again what stands right of the cursor: takes it off the end, replaces it where
 * brackets and quotes come earlier in the completion, and cuts where it is anything else.
 */
export const lineRest: Filter = {
  name: 'line-rest',
  apply(input): FilterVerdict {
    let left: FilterVerdict = { text: input.text };
    for (let next = cutOnce(input); next; next = cutOnce({ ...input, text: next.text })) {
      left = next;
      if (next.replaces) {
        break;
      }
    }
    return left;
  },
};

function cutOnce(input: FilterInput): Exclude<FilterVerdict, { dropped: string }> | undefined {
  const { text, suffix } = input;
  const rest = cursorLine('', suffix).after.trimEnd();
  const line = text.split('\n', 1)[0] ?? '';
  if (isBlank(rest) || isBlank(line)) {
    return undefined;
  }
  const at = repeatedAt(line, rest, input);
  if (at === undefined) {
    return undefined;
  }
  const more = !isBlank(text.slice(at + rest.length));
  return more && CLOSERS.test(rest) && line.startsWith(rest, at)
    ? { text, replaces: rest.length, note: `replaces ${rest}` }
    : { text: text.slice(0, at), note: 'cut at what stands right of the cursor' };
}

/** Returns where the completion's first line begins to say the rest of the cursor's line. */
function repeatedAt(line: string, rest: string, input: FilterInput): number | undefined {
  const first = rest.trimStart()[0] ?? '';
  if (')]}'.includes(first)) {
    return strayAt(line, rest, input);
  }
  if (`"'\``.includes(first)) {
    // Outside of a string the completion opens the one that the rest closes.
    const inString = endsInside(statementHead(input.prefix), input.language) === 'string';
    const at = line.includes(rest) ? line.indexOf(rest) : overlapAt(line, rest);
    return inString && line.split(first).length % 2 === 0 ? at : undefined;
  }
  const at = rest.length < 3 ? -1 : line.indexOf(rest);
  return at < 0 ? overlapAt(line, rest) : at;
}

/** Finds the closer that closes what `rest` closes, if there is then one too many. */
function strayAt(line: string, rest: string, input: FilterInput): number | undefined {
  if (strayClosers(input.text, input) <= strayClosers('', input)) {
    return undefined;
  }
  const space = rest.length - rest.trimStart().length;
  const stray = balance(bracketsIn(line, input.language)).stray.map(
    ({ offset }) => offset - (line.startsWith(rest, offset - space) ? space : 0),
  );
  return (
    stray.find((offset) => line.startsWith(rest, offset)) ??
    stray.find((offset) => rest.trimStart().startsWith(line.slice(offset).trim()))
  );
}

/** Returns where the end of `line` is the beginning of `rest`, by whole words. */
function overlapAt(line: string, rest: string): number | undefined {
  const end = line.trimEnd().length;
  for (let size = Math.min(end, rest.length); size > 0; size--) {
    const start = end - size;
    const shared = rest.slice(0, size);
    const splits = splitsWord(line, start) || splitsWord(rest, size);
    if (!splits && !isBlank(shared) && line.startsWith(shared, start)) {
      return start;
    }
  }
  return undefined;
}

/** Whether a word goes across an offset. */
function splitsWord(text: string, offset: number): boolean {
  return /\w/.test(text[offset - 1] ?? '') && /\w/.test(text[offset] ?? '');
}
