import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LineChange } from '../../../src/core/context/lines.js';
import { RecentEdits, type Author } from '../../../src/core/context/recent-edits.js';
import { RecentViews } from '../../../src/core/context/recent-views.js';

function record(
  edits: RecentEdits,
  uri: string,
  changes: readonly LineChange[],
  {
    author = 'user',
    at = 0,
    lineCount = 1000,
  }: { author?: Author; at?: number; lineCount?: number } = {},
): void {
  edits.record({ uri, changes, author, at, lineCount });
}

function typeAt(line: number): LineChange[] {
  return [{ start: line, before: 1, after: 1 }];
}

describe('recent edits', () => {
  test('near each other are one, the latest first', () => {
    const edits = new RecentEdits();
    record(edits, 'a', typeAt(10), { at: 1 });
    record(edits, 'a', typeAt(12), { at: 2 });
    record(edits, 'a', typeAt(50), { at: 3 });
    record(edits, 'b', typeAt(10), { at: 4 });
    expect(edits.entries()).toEqual([
      { uri: 'b', lines: { start: 10, end: 11 }, at: 4 },
      { uri: 'a', lines: { start: 50, end: 51 }, at: 3 },
      { uri: 'a', lines: { start: 10, end: 13 }, at: 2 },
    ]);
  });

  test('join when a third closes the gap', () => {
    const edits = new RecentEdits();
    [10, 18, 14].forEach((line) => record(edits, 'a', typeAt(line)));
    expect(edits.entries().map(({ lines }) => lines)).toEqual([{ start: 10, end: 19 }]);
  });

  test('move with the text above them', () => {
    const edits = new RecentEdits();
    record(edits, 'a', typeAt(40));
    record(edits, 'a', [{ start: 0, before: 1, after: 6 }], { author: 'elsewhere' });
    expect(edits.entries().map(({ lines }) => lines)).toEqual([{ start: 45, end: 46 }]);
  });

  test('grow with new lines', () => {
    const edits = new RecentEdits();
    record(edits, 'a', [{ start: 10, before: 1, after: 2 }]);
    record(edits, 'a', [{ start: 11, before: 1, after: 3 }]);
    expect(edits.entries().map(({ lines }) => lines)).toEqual([{ start: 10, end: 14 }]);
  });

  test('are not made by undoing, by other tools or by rewriting a whole file', () => {
    const edits = new RecentEdits();
    record(edits, 'a', typeAt(10), { author: 'undo' });
    record(edits, 'a', typeAt(10), { author: 'elsewhere' });
    record(edits, 'a', [{ start: 0, before: 200, after: 210 }], { lineCount: 210 });
    expect(edits.entries()).toEqual([]);
  });

  test('are forgotten when the file is rewritten or a checkout is seen', () => {
    const edits = new RecentEdits();
    record(edits, 'a', typeAt(10), { at: 1 });
    record(edits, 'b', typeAt(10), { at: 5 });
    record(edits, 'a', [{ start: 0, before: 90, after: 90 }], {
      author: 'elsewhere',
      lineCount: 90,
    });
    expect(edits.entries().map(({ uri }) => uri)).toEqual(['b']);
    edits.forgetSince(4);
    expect(edits.entries()).toEqual([]);
  });

  test('stay short when a lot is written in one go', () => {
    const edits = new RecentEdits();
    record(edits, 'a', [{ start: 10, before: 1, after: 300 }], { lineCount: 900 });
    expect(edits.entries().map(({ lines }) => lines)).toEqual([{ start: 10, end: 70 }]);
  });

  test('never overlap, and lie inside the document', () => {
    const anyEvent = fc.record({
      start: fc.integer({ min: 0, max: 60 }),
      before: fc.integer({ min: 1, max: 8 }),
      after: fc.integer({ min: 1, max: 8 }),
      author: fc.constantFrom<Author>('user', 'user', 'undo', 'elsewhere'),
    });
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        const edits = new RecentEdits();
        let count = 80;
        events.forEach(({ start, before, after, author }, at) => {
          const change = { start: Math.min(start, count - 1), before, after };
          change.before = Math.min(before, count - change.start);
          count += change.after - change.before;
          record(edits, 'a', [change], { author, at, lineCount: count });
          const ranges = edits.entries().map(({ lines }) => lines);
          ranges.sort((a, b) => a.start - b.start);
          ranges.forEach(({ start: from, end }, index) => {
            expect(from).toBeGreaterThanOrEqual(ranges[index - 1]?.end ?? 0);
            expect(end).toBeLessThanOrEqual(count);
          });
        });
      }),
    );
  });
});

describe('recent views', () => {
  test('of about the same lines are one', () => {
    const views = new RecentViews();
    views.record({ uri: 'a', lines: { start: 0, end: 40 }, at: 1 });
    views.record({ uri: 'b', lines: { start: 0, end: 40 }, at: 2 });
    views.record({ uri: 'a', lines: { start: 10, end: 50 }, at: 3 });
    views.record({ uri: 'a', lines: { start: 200, end: 240 }, at: 4 });
    expect(views.entries().map(({ uri, at }) => `${uri}${at}`)).toEqual(['a4', 'a3', 'b2']);
  });

  test('move with the text and go with their file', () => {
    const views = new RecentViews();
    views.record({ uri: 'a', lines: { start: 20, end: 40 }, at: 1 });
    views.changed('a', [{ start: 2, before: 1, after: 4 }]);
    expect(views.entries()[0]?.lines).toEqual({ start: 23, end: 43 });
    views.forget('a');
    expect(views.entries()).toEqual([]);
  });
});
