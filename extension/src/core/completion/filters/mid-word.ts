import type { Filter } from './filter.js';

const WORD = /[\p{L}\p{N}_$]/u;

/** Shows nothing in the middle of a word, nor what would grow together with the word to the right. */
export const midWord: Filter = {
  name: 'mid-word',
  apply({ text, prefix, suffix }) {
    const [left, right, end] = [prefix.at(-1) ?? '', suffix[0] ?? '', text.at(-1) ?? ''];
    if (!WORD.test(right)) {
      return { text };
    }
    if (WORD.test(left)) {
      return { dropped: 'the cursor is in the middle of a word' };
    }
    return WORD.test(end)
      ? { dropped: 'it would grow together with the word to the right' }
      : { text };
  },
};
