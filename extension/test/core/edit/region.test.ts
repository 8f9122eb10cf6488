import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  spliceInRows,
  trackedSplices,
  trackRegion,
  type DocumentChange,
  type Region,
} from '../../../src/core/edit/region.js';
import { originalOf, type Row } from '../../../src/core/edit/rows.js';
import { change, LineBuffer, place } from '../../support/line-buffer.js';

const DOCUMENT = 'zero\none\ntwo\nthree\nfour\nfive';
const REGION: Region = { start: 2, count: 2 };

function follow(...changes: DocumentChange[]) {
  const buffer = new LineBuffer(DOCUMENT);
  const before = buffer.slice(REGION);
  const tracked = trackRegion(REGION, buffer.lines, changes);
  buffer.apply(changes);
  const after = buffer.slice(tracked.region);
  return {
    region: tracked.region,
    touched: tracked.touched,
    after,
    splices: trackedSplices(tracked, before, after),
  };
}

describe('trackRegion', () => {
  it.each([
    ['typing above', change(0, 4, 0, 4, '!'), 2],
    ['a new line above', change(0, 4, 0, 4, '\nmore'), 3],
    ['Enter at the end of the line above', change(1, 3, 1, 3, '\n'), 3],
    ['lines pasted right before the first line', change(2, 0, 2, 0, 'a\nb\n'), 4],
    ['a line deleted above', change(0, 0, 1, 0, ''), 1],
    ['the line right above deleted', change(1, 0, 2, 0, ''), 1],
    ['typing below', change(4, 0, 4, 0, '!'), 2],
    ['Enter at the end of the last line', change(3, 5, 3, 5, '\n'), 2],
    ['lines below replaced', change(3, 5, 5, 0, '\nnew\n'), 2],
    ['a line deleted below', change(4, 0, 5, 0, ''), 2],
  ])('lets %s alone', (_, one, start) => {
    const { region, touched, after, splices } = follow(one);
    expect(region).toEqual({ start, count: 2 });
    expect(after).toEqual(['two', 'three']);
    expect(touched).toBe(false);
    expect(splices).toEqual([]);
  });

  it('tells a change within a line', () => {
    const { splices, touched } = follow(change(3, 1, 3, 3, 'HR'));
    expect(splices).toEqual([{ start: 1, remove: 1, insert: ['tHRee'] }]);
    expect(touched).toBe(true);
  });

  it('tells typing in two lines at once', () => {
    const { splices } = follow(change(3, 0, 3, 0, '  '), change(2, 0, 2, 0, '  '));
    expect(splices).toEqual([
      { start: 1, remove: 1, insert: ['  three'] },
      { start: 0, remove: 1, insert: ['  two'] },
    ]);
  });

  it('takes a line that Enter makes inside for a new one', () => {
    const { splices, region } = follow(change(2, 3, 2, 3, '\n  x'));
    expect(splices).toEqual([{ start: 1, remove: 0, insert: ['  x'] }]);
    expect(region).toEqual({ start: 2, count: 3 });
  });

  it('takes a line in two', () => {
    const { splices } = follow(change(2, 1, 2, 1, '\n'));
    expect(splices).toEqual([{ start: 0, remove: 1, insert: ['t', 'wo'] }]);
  });

  it('tells deleted lines', () => {
    expect(follow(change(2, 0, 3, 0, '')).splices).toEqual([{ start: 0, remove: 1, insert: [] }]);
    expect(follow(change(2, 3, 3, 5, '')).splices).toEqual([{ start: 1, remove: 1, insert: [] }]);
  });

  it('takes text from outside in when lines are joined, and never into an old row', () => {
    const above = follow(change(1, 3, 2, 0, ''));
    expect(above.region).toEqual({ start: 1, count: 2 });
    expect(above.after).toEqual(['onetwo', 'three']);
    expect(above.splices).toEqual([{ start: 0, remove: 1, insert: ['onetwo'] }]);
    const below = follow(change(3, 5, 4, 0, ''));
    expect(below.after).toEqual(['two', 'threefour']);
  });

  it('follows an empty region', () => {
    const start = (one: DocumentChange) =>
      trackRegion({ start: 2, count: 0 }, DOCUMENT.split('\n'), [one]).region.start;
    expect(start(change(1, 3, 1, 3, '\nx'))).toBe(3);
    expect(start(change(2, 0, 2, 0, 'x'))).toBe(2);
    expect(start(change(0, 0, 1, 0, ''))).toBe(1);
  });

  it('loses lines at its end without taking others in', () => {
    const { region, after, splices } = follow(change(3, 0, 4, 0, ''));
    expect(region).toEqual({ start: 2, count: 1 });
    expect(after).toEqual(['two']);
    expect(splices).toEqual([{ start: 1, remove: 1, insert: [] }]);
    expect(follow(change(1, 3, 2, 3, '')).after).toEqual(['three']);
  });

  it('takes back what an undo puts right at its edges', () => {
    const edges = (one: DocumentChange) =>
      trackRegion(REGION, DOCUMENT.split('\n'), [one], { edgesInside: true }).region;
    expect(edges(change(4, 0, 4, 0, 'back\n'))).toEqual({ start: 2, count: 3 });
    expect(edges(change(2, 0, 2, 0, 'back\n'))).toEqual({ start: 2, count: 3 });
    expect(edges(change(1, 0, 1, 0, 'back\n'))).toEqual({ start: 3, count: 2 });
  });
});

const word = fc.stringMatching(/^[ab]{0,3}$/);

/** A document with a region, and changes of it that do not overlap, as one event reports them. */
const scene = fc
  .record({
    lines: fc.array(word, { minLength: 1, maxLength: 8 }),
    from: fc.nat(20),
    count: fc.nat(20),
    cuts: fc.array(fc.nat(1000), { minLength: 2, maxLength: 6 }),
    texts: fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ lines, from, count, cuts, texts }) => {
    const buffer = new LineBuffer(lines.join('\n'));
    const start = from % lines.length;
    const region: Region = { start, count: count % (lines.length - start + 1) };
    const places = [...new Set(cuts.map((cut) => cut % (buffer.text.length + 1)))]
      .sort((a, b) => a - b)
      .map((cut) => place(buffer, cut));
    const changes: DocumentChange[] = [];
    for (let index = 0; index + 1 < places.length; index += 2) {
      const range = { start: places[index]!, end: places[index + 1]! };
      changes.push({ range, text: texts[index / 2]!.join('\n') });
    }
    return { buffer, region, changes };
  });

describe('trackRegion, for any changes', () => {
  it('accounts for every line: splices lead from the old lines to the new ones', () => {
    fc.assert(
      fc.property(scene, fc.boolean(), ({ buffer, region, changes }, edgesInside) => {
        const lines = buffer.lines;
        const before = buffer.slice(region);
        const tracked = trackRegion(region, lines, changes, { edgesInside });
        buffer.apply(changes);
        const after = buffer.slice(tracked.region);
        expect(after).toHaveLength(tracked.region.count);
        const rebuilt = [...before];
        for (const splice of trackedSplices(tracked, before, after)) {
          rebuilt.splice(splice.start, splice.remove, ...splice.insert);
        }
        expect(rebuilt).toEqual(after);
        for (const [index, { row, changed }] of tracked.lines.entries()) {
          if (row !== undefined && !changed) {
            expect(after[index]).toBe(before[row]);
          }
        }
        if (!tracked.touched) {
          expect(after).toEqual(before);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('leaves lines outside to the outside', () => {
    fc.assert(
      fc.property(scene, ({ buffer, region, changes }) => {
        const lines = buffer.lines;
        const end = region.start + region.count;
        const tracked = trackRegion(region, lines, changes);
        buffer.apply(changes);
        const first = changes[0]?.range.start.line ?? Infinity;
        const last = changes.at(-1)?.range.end.line ?? -1;
        if (first >= region.start) {
          expect(buffer.lines.slice(0, region.start)).toEqual(lines.slice(0, region.start));
        }
        if (last < end - 1 || changes.length === 0) {
          const below = tracked.region.start + tracked.region.count;
          expect(buffer.lines.slice(below)).toEqual(lines.slice(end));
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('spliceInRows', () => {
  const rows: Row[] = [
    { kind: 'kept', text: 'a' },
    { kind: 'removed', text: 'b' },
    { kind: 'added', text: 'B' },
    { kind: 'kept', text: 'c' },
  ];

  it('finds a line of the original again', () => {
    expect(spliceInRows(rows, { start: 2, remove: 1, insert: ['C'] }).start).toBe(3);
    expect(spliceInRows(rows, { start: 3, remove: 0, insert: ['d'] })).toEqual({
      start: 4,
      remove: 0,
      insert: ['d'],
    });
  });

  it('does to the original what was done to it', () => {
    const kinds = fc.constantFrom<Row['kind']>('kept', 'removed', 'added');
    fc.assert(
      fc.property(
        fc.array(fc.record({ kind: kinds, text: word })),
        fc.nat(9),
        fc.nat(3),
        fc.array(word, { maxLength: 3 }),
        (some, at, remove, insert) => {
          const before = originalOf(some);
          const start = at % (before.length + 1);
          const splice = { start, remove: Math.min(remove, before.length - start), insert };
          const mapped = spliceInRows(some, splice);
          const after = [...some];
          const kept = insert.map((text): Row => ({ kind: 'kept', text }));
          after.splice(mapped.start, mapped.remove, ...kept);
          before.splice(splice.start, splice.remove, ...insert);
          expect(originalOf(after)).toEqual(before);
        },
      ),
    );
  });
});
