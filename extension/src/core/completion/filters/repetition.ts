import { loopCut } from '../loops.js';
import type { Filter } from './filter.js';

/** Ends a completion after the first time of what it then only repeats. */
export const repetition: Filter = {
  name: 'repetition',
  apply({ text }) {
    let kept = text;
    let note: string | undefined;
    for (let loop = loopCut(kept); loop; loop = loopCut(kept)) {
      kept = kept.slice(0, loop.cut);
      note = loop.reason;
    }
    return note === undefined ? { text } : { text: kept, note };
  },
};
