import { cursorLine, isBlank } from '../lines.js';
import type { Filter } from './filter.js';

/** How many characters around the cursor are looked at. */
const NEAR = 6_000;
/** A repetition that says less, white space not counted, is left alone: `i++;` comes twice. */
const LEAST = 10;

/**
 * Drops a completion that is the line below it or the lines above it once more, apart from white
 * space, quotes and the punctuation at the end. Lines that differ in a name or a number are
 * meant, and so are those that the document itself says again and again.
 */
export const neighbours: Filter = {
  name: 'neighbours',
  apply({ text, prefix, suffix }) {
    const { before } = cursorLine(prefix, '');
    const said = plain((before + text).split('\n'));
    if (said.join('').length < LEAST || isBlank(text)) {
      return { text };
    }
    const above = plain(prefix.slice(-NEAR).split('\n').slice(0, -1));
    const below = plain(suffix.slice(0, NEAR).split('\n').slice(1)).slice(0, said.length);
    const [isAbove, isBelow] = [same(said, above.slice(-said.length)), same(said, below)];
    const twice = isAbove && (isBelow || same(said, above.slice(-2 * said.length, -said.length)));
    if (twice || !(isAbove || isBelow)) {
      return { text };
    }
    return { dropped: isAbove ? 'says the lines above once more' : 'says the lines below' };
  },
};

/** The lines that have something on them, without what makes no difference. */
function plain(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.replace(/\s+/g, '').replace(/["'`]/g, '"').replace(/[;,]$/, ''))
    .filter((line) => line !== '');
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
