import { belowCut } from '../below.js';
import type { Filter } from './filter.js';

/** Ends a completion where it goes on with the lines that already stand below. */
export const linesBelow: Filter = {
  name: 'lines-below',
  apply(input) {
    let { text } = input;
    let reason: string | undefined;
    for (let cut = belowCut(text, input, true); cut; cut = belowCut(text, input, true)) {
      if (cut.cut === 0) {
        return { dropped: cut.reason };
      }
      text = text.slice(0, cut.cut);
      reason = cut.reason;
    }
    return reason === undefined ? { text } : { text, note: reason };
  },
};
