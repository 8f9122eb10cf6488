/** How alike two lines are, cheap enough to ask for every line that streams in. */

/** Longest line compared character by character; of longer ones only the beginning counts. */
const COMPARED = 400;

/** A line prepared for being compared with many others. */
export interface LineProfile {
  /** The line without white space around it, cut to what is compared. */
  readonly text: string;
  /** Its pairs of neighbouring characters as numbers, sorted. */
  readonly pairs: Float64Array;
}

export function profileOf(line: string): LineProfile {
  const text = line.trim().slice(0, COMPARED);
  const pairs = new Float64Array(Math.max(text.length - 1, 0));
  for (let at = 0; at < pairs.length; at++) {
    pairs[at] = text.charCodeAt(at) * 0x10000 + text.charCodeAt(at + 1);
  }
  return { text, pairs: pairs.sort() };
}

/**
 * Returns how much of two lines is the same, from 0 to 1: the share of their pairs of neighbouring
 * characters that both have, white space around them aside.
 */
export function similarity(a: string, b: string): number {
  return profileSimilarity(profileOf(a), profileOf(b));
}

/** As `similarity`, for lines that are prepared. */
export function profileSimilarity(a: LineProfile, b: LineProfile): number {
  if (a.text === b.text) {
    return 1;
  }
  const all = a.pairs.length + b.pairs.length;
  let shared = 0;
  for (let i = 0, j = 0; i < a.pairs.length && j < b.pairs.length;) {
    const difference = (a.pairs[i] ?? 0) - (b.pairs[j] ?? 0);
    shared += difference === 0 ? 1 : 0;
    i += difference <= 0 ? 1 : 0;
    j += difference >= 0 ? 1 : 0;
  }
  return all === 0 ? 0 : (2 * shared) / all;
}

/** Returns the number of characters that two texts begin with in common. */
export function commonPrefix(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let length = 0;
  while (length < shorter && a[length] === b[length]) {
    length++;
  }
  return length;
}

/**
 * Returns how telling a line is: `blank`, `weak` (closing brackets and words that every block has),
 * or `strong`. Only strong lines say where in a text one is.
 */
export function weightOf(line: string): 'blank' | 'weak' | 'strong' {
  const text = line.trim();
  if (text === '') {
    return 'blank';
  }
  return NO_LETTERS.test(text) || BLOCK_WORDS.test(text) ? 'weak' : 'strong';
}

const NO_LETTERS = /^[^\p{L}\p{N}]*$/u;
const BLOCK_WORDS =
  /^[)\]}\s]*(?:else|try|finally|do|begin|end|fi|done|esac|then|return|break|continue|pass)[\s:{;(]*$/;
