import { isProse } from './quoted.js';
import type { Limit } from './stop.js';

const FENCE = /^[ \t]*(?:```|~~~)/;
/** The beginning of a fence, as far as it has come. */
const HALF_FENCE = /^\s*(?:`{1,2}|~{1,2})?$/;
/** What chat models say before code, alone on its line. */
const GREETING =
  /^\s*(?:sure|certainly|of course|okay|here(?:'s|’s| is| are)|below is|the (?:completed?|missing|code))\b[^\n]*[:.!][ \t]*$/i;

/**
 * Makes a limit that counts only what is inside a Markdown fence: what chat models put before code
 * would else be taken for the code and end the stream before any has come. Text for people, and
 * documents that have fences themselves, are left to the limit as they are.
 */
export function afterOpening(
  limit: Limit,
  { prefix, suffix, language }: { prefix: string; suffix: string; language: string },
): Limit {
  if (isProse(language) || /```|~~~/.test(prefix) || /```|~~~/.test(suffix)) {
    return limit;
  }
  return (text) => {
    const start = openingEnd(text);
    if (start === undefined) {
      return 'more';
    }
    const code = text.slice(start);
    const closing = start > 0 ? /^[ \t]*(?:```|~~~)/m.exec(code) : null;
    if (closing) {
      return { cut: start + closing.index, reason: 'end of the Markdown fence' };
    }
    const verdict = limit(code);
    return verdict === 'more' ? 'more' : { ...verdict, cut: start + verdict.cut };
  };
}

/** Returns where the code begins; undefined while that cannot be told. */
function openingEnd(text: string): number | undefined {
  let start = 0;
  let greeted = false;
  for (const line of text.split('\n').slice(0, -1)) {
    const next = start + line.length + 1;
    if (FENCE.test(line)) {
      return next;
    }
    if (line.trim() !== '' && (greeted || !GREETING.test(line))) {
      return 0;
    }
    greeted ||= line.trim() !== '';
    start = next;
  }
  const last = text.slice(start);
  const undecided = FENCE.test(last) || (HALF_FENCE.test(last) && (greeted || last.trim() !== ''));
  return undecided ? undefined : 0;
}
