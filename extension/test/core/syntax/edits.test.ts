import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editBetween, pointAt } from '../../../src/core/syntax/edits.js';

const text = fc
  .array(fc.constantFrom('a', 'b', '\n', '🎲', '🎯', 'é', 'long '.repeat(1200)), { maxLength: 12 })
  .map((parts) => parts.join(''));

describe('the edit between two texts', () => {
  it('turns one into the other and parts no character', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const edit = editBetween(before, after);
        const inserted = after.slice(edit.startIndex, edit.newEndIndex);
        const [start, end] = [before.slice(0, edit.startIndex), before.slice(edit.oldEndIndex)];
        expect(start + inserted + end).toBe(after);
        // A half of a pair does not survive being written as UTF-8.
        expect(new TextDecoder().decode(new TextEncoder().encode(start))).toBe(start);
      }),
    );
  });

  it('gives rows and columns', () => {
    expect(editBetween('a\nbc\nd', 'a\nbXc\nd')).toEqual({
      startIndex: 3,
      oldEndIndex: 3,
      newEndIndex: 4,
      startPosition: { row: 1, column: 1 },
      oldEndPosition: { row: 1, column: 1 },
      newEndPosition: { row: 1, column: 2 },
    });
    expect(pointAt('a\n', 2)).toEqual({ row: 1, column: 0 });
    expect(pointAt('', 0)).toEqual({ row: 0, column: 0 });
  });
});
