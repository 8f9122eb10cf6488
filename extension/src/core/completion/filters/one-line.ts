import { lineCut } from '../line-cut.js';
import type { Filter } from './filter.js';

/** Keeps one line where one was asked for. */
export const oneLine: Filter = {
  name: 'one-line',
  apply(input) {
    const cut = input.multiline ? undefined : lineCut(input.text, input.suffix);
    return cut === undefined
      ? { text: input.text }
      : { text: input.text.slice(0, cut), note: 'cut at the end of the line' };
  },
};
