import { isBlank } from '../lines.js';
import type { Filter } from './filter.js';

/**
 * Takes off the last line when the model ran out of tokens in the middle of it and whole lines
 * stand before it. Its line end stays, so that one sees that nothing is half.
 */
export const halfLine: Filter = {
  name: 'half-line',
  apply({ text, multiline, ended }) {
    const end = text.lastIndexOf('\n') + 1;
    if (!multiline || ended !== 'length' || end === text.length || isBlank(text.slice(0, end))) {
      return { text };
    }
    return { text: text.slice(0, end), note: 'took off the half last line' };
  },
};
