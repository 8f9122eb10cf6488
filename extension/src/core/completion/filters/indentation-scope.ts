import { scopeCut } from '../scope.js';
import type { Filter } from './filter.js';

/** Ends a completion of several lines where it leaves the block that it began in. */
export const indentationScope: Filter = {
  name: 'indentation-scope',
  apply(input) {
    const { text } = input;
    const cut = input.multiline ? scopeCut(text, input, true) : undefined;
    return cut ? { text: text.slice(0, cut.cut), note: cut.reason } : { text };
  },
};
