import { isBlank } from '../lines.js';
import type { Filter } from './filter.js';

/** A single character that is worth showing: it ends or closes something, or is a value. */
const WORTH = /[\p{L}\p{N}()[\]{}<>"';:,]/u;

/** Drops what has nothing to read. */
export const empty: Filter = {
  name: 'empty',
  apply({ text }) {
    if (isBlank(text)) {
      return { dropped: 'nothing is left' };
    }
    return text.trim().length > 1 || WORTH.test(text) ? { text } : { dropped: 'too short' };
  },
};
