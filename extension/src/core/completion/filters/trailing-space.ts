import type { Filter } from './filter.js';

/** Takes white space and empty lines off the end. */
export const trailingSpace: Filter = {
  name: 'trailing-space',
  apply({ text }) {
    const kept = text.trimEnd();
    return kept === text ? { text } : { text: kept, note: 'took white space off the end' };
  },
};
