/** Which buttons stand above which lines of an edit, and where the next change is. Pure. */

import type { Hunk } from './rows.js';

/** A row of buttons: for the whole edit above the region, for one hunk above it. */
export type LensPlace =
  | { readonly kind: 'edit'; readonly row: number }
  | { readonly kind: 'hunk'; readonly row: number; readonly hunk: Hunk };

/**
 * Returns where buttons go, from the top. While lines stream there are none for hunks, since those
 * still move; a single hunk needs none, because the buttons for the whole edit do the same.
 */
export function lensPlaces(hunks: readonly Hunk[], streaming: boolean): LensPlace[] {
  const whole: LensPlace = { kind: 'edit', row: 0 };
  if (streaming || hunks.length < 2) {
    return [whole];
  }
  return [whole, ...hunks.map((hunk): LensPlace => ({ kind: 'hunk', row: hunk.start, hunk }))];
}

/** Returns the hunk after a row, or the first when there is none. */
export function nextHunk(hunks: readonly Hunk[], row: number): Hunk | undefined {
  return hunks.find((hunk) => hunk.start > row) ?? hunks[0];
}

/** Returns the last hunk that begins before a row, or the last of all. */
export function previousHunk(hunks: readonly Hunk[], row: number): Hunk | undefined {
  return hunks.findLast((hunk) => hunk.start < row) ?? hunks.at(-1);
}

/**
 * Returns the hunk that a key at a row means: the one there, else the nearest below, else the
 * nearest above.
 */
export function meantHunk(hunks: readonly Hunk[], row: number): Hunk | undefined {
  return hunks.find((hunk) => row < hunk.end) ?? hunks.at(-1);
}
