import { cursorLine } from '../lines.js';
import type { Filter } from './filter.js';

/** A repeated stretch that is shorter, or has no word, may be meant: `0, 0, ` goes on with `0`. */
const SHORTEST = 4;

/**
 * Takes off what stands before the cursor on its line, when the completion says it again first:
 * models that were not trained to fill in answer with whole lines.
 */
export const echo: Filter = {
  name: 'echo',
  apply({ text, prefix }) {
    const { before } = cursorLine(prefix, '');
    let kept = text;
    for (let next = withoutEcho(kept, before); next !== kept; next = withoutEcho(kept, before)) {
      kept = next;
    }
    return kept === text ? { text } : { text: kept, note: 'took off what stands before' };
  },
};

function withoutEcho(text: string, before: string): string {
  const said = before.trim();
  const start = text.length - text.trimStart().length;
  if (said.length < SHORTEST || !/\p{L}{2}/u.test(said) || !text.startsWith(said, start)) {
    return text;
  }
  const rest = text.slice(start + said.length);
  const spaced = before !== before.trimEnd();
  // `foo` may go on with `foo_bar`, but not `return ` with `return x`.
  if (/^\w+$/.test(said) && !spaced && /^\w/.test(rest)) {
    return text;
  }
  return spaced ? rest.replace(/^[ \t]+/, '') : rest;
}
