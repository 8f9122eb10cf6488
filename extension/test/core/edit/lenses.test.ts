import { describe, expect, it } from 'vitest';
import { lensPlaces, meantHunk, nextHunk, previousHunk } from '../../../src/core/edit/lenses.js';

const HUNKS = [
  { start: 2, end: 4 },
  { start: 7, end: 8 },
];

describe('lensPlaces', () => {
  it('shows buttons for the whole and for each hunk', () => {
    expect(lensPlaces(HUNKS, false)).toEqual([
      { kind: 'edit', row: 0 },
      { kind: 'hunk', row: 2, hunk: HUNKS[0] },
      { kind: 'hunk', row: 7, hunk: HUNKS[1] },
    ]);
  });

  it('shows one row of buttons while lines move, and where there is one hunk only', () => {
    expect(lensPlaces(HUNKS, true)).toEqual([{ kind: 'edit', row: 0 }]);
    expect(lensPlaces(HUNKS.slice(0, 1), false)).toEqual([{ kind: 'edit', row: 0 }]);
  });
});

describe('going through hunks', () => {
  it('goes round', () => {
    expect([0, 2, 5, 7, 9].map((row) => nextHunk(HUNKS, row)?.start)).toEqual([2, 7, 7, 2, 2]);
    expect([0, 2, 3, 7, 9].map((row) => previousHunk(HUNKS, row)?.start)).toEqual([7, 7, 2, 2, 7]);
    expect(nextHunk([], 0)).toBeUndefined();
  });

  it('takes the hunk at the cursor, else the next one below, else the last', () => {
    expect([0, 3, 4, 7, 9].map((row) => meantHunk(HUNKS, row)?.start)).toEqual([2, 2, 7, 7, 7]);
    expect(meantHunk([], 0)).toBeUndefined();
  });
});
