import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterChange,
  bottomUp,
  joined,
  lineChangeOf,
  overlap,
  widened,
  without,
} from '../../../src/core/context/lines.js';

const anyRange = fc
  .tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 20 }))
  .map(([start, length]) => ({ start, end: start + length }));

describe('line changes', () => {
  test('count the lines before and after', () => {
    const range = { start: { line: 3, character: 1 }, end: { line: 5, character: 0 } };
    expect(lineChangeOf(range, 'a\r\nb')).toEqual({ start: 3, before: 3, after: 2 });
    expect(lineChangeOf(range, '')).toEqual({ start: 3, before: 3, after: 1 });
  });

  test('move what stands below, leave what stands above, grow what they touch', () => {
    const change = { start: 10, before: 1, after: 4 };
    expect(afterChange({ start: 20, end: 25 }, change)).toEqual({
      lines: { start: 23, end: 28 },
      touched: false,
    });
    expect(afterChange({ start: 2, end: 10 }, change)).toEqual({
      lines: { start: 2, end: 10 },
      touched: false,
    });
    expect(afterChange({ start: 8, end: 12 }, change)).toEqual({
      lines: { start: 8, end: 15 },
      touched: true,
    });
  });

  test('follow a marked line through any change that does not touch it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 39 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (marked, start, before, after) => {
          const lines = Array.from({ length: 40 }, (_, index) => `${index}`);
          const change = { start, before, after };
          const moved = afterChange({ start: marked, end: marked + 1 }, change);
          lines.splice(start, before, ...Array.from({ length: after }, () => 'new'));
          if (!moved.touched) {
            expect(lines[moved.lines.start]).toBe(`${marked}`);
          }
        },
      ),
    );
  });

  test('are taken from the bottom up', () => {
    const changes = [
      { start: 1, before: 1, after: 2 },
      { start: 9, before: 1, after: 1 },
    ];
    expect(bottomUp(changes).map(({ start }) => start)).toEqual([9, 1]);
  });
});

describe('ranges of lines', () => {
  test('without others keep exactly the other lines', () => {
    fc.assert(
      fc.property(anyRange, fc.array(anyRange, { maxLength: 6 }), (range, others) => {
        const rest = without(range, others);
        for (let line = range.start; line < range.end; line++) {
          const isTaken = others.some(({ start, end }) => start <= line && line < end);
          const isLeft = rest.some(({ start, end }) => start <= line && line < end);
          expect(isLeft).toBe(!isTaken);
        }
      }),
    );
  });

  test('joined hold the same lines and do not touch', () => {
    fc.assert(
      fc.property(fc.array(anyRange, { maxLength: 8 }), (ranges) => {
        const result = joined(ranges);
        expect(result.every(({ start }, index) => start > (result[index - 1]?.end ?? -1))).toBe(
          true,
        );
        for (const range of ranges) {
          expect(result.some((other) => overlap(other, range) === range.end - range.start)).toBe(
            true,
          );
        }
      }),
    );
  });

  test('are widened inside the document', () => {
    expect(widened({ start: 2, end: 4 }, 3, 6)).toEqual({ start: 0, end: 6 });
    expect(widened({ start: 9, end: 12 }, 1, 6)).toEqual({ start: 6, end: 6 });
  });
});
