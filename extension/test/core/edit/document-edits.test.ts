import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editsFor, lineAfter, spliceAfter } from '../../../src/core/edit/document-edits.js';
import type { Splice } from '../../../src/core/edit/rows.js';
import { change, LineBuffer } from '../../support/line-buffer.js';

const word = fc.stringMatching(/^[ab]{0,3}$/);

/** Splices of that many lines that do not touch each other, the last first. */
const splicesOf = (size: number): fc.Arbitrary<Splice[]> =>
  fc
    .array(fc.record({ at: fc.nat(size), remove: fc.nat(3), insert: fc.array(word) }))
    .map((parts) => {
      const splices: Splice[] = [];
      let free = 0;
      for (const { at, remove, insert } of parts.sort((a, b) => a.at - b.at)) {
        if (at >= free) {
          const gone = Math.min(remove, size - at);
          splices.push({ start: at, remove: gone, insert });
          free = at + Math.max(gone, 1);
        }
      }
      return splices.reverse();
    });

describe('editsFor', () => {
  it('changes the lines as the splices say, to the last byte, wherever the region is', () => {
    fc.assert(
      fc.property(
        fc
          .record({
            above: fc.array(word, { maxLength: 3 }),
            region: fc.array(word, { maxLength: 6 }),
            below: fc.array(word, { maxLength: 3 }),
            eol: fc.constantFrom('\n' as const, '\r\n' as const),
          })
          .filter(({ above, region, below }) => above.length + region.length + below.length > 0)
          .chain((parts) => splicesOf(parts.region.length).map((s) => ({ ...parts, splices: s }))),
        ({ above, region, below, eol, splices }) => {
          const wanted = [...region];
          for (const splice of splices) {
            wanted.splice(splice.start, splice.remove, ...splice.insert);
          }
          const buffer = new LineBuffer([...above, ...region, ...below].join(eol), eol);
          const edits = editsFor(splices, { start: above.length, count: region.length }, buffer);
          buffer.apply(edits);
          expect(buffer.text).toBe([...above, ...wanted, ...below].join(eol));
          for (let index = 1; index < edits.length; index++) {
            const [one, next] = [edits[index - 1]!.range.end, edits[index]!.range.start];
            expect(one.line < next.line || one.character <= next.character).toBe(true);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('lets a line grow instead of replacing it', () => {
    const edits = editsFor(
      [{ start: 0, remove: 1, insert: ['return value'] }],
      { start: 1, count: 1 },
      new LineBuffer('def f():\nreturn\n'),
    );
    expect(edits).toEqual([change(1, 6, 1, 6, ' value')]);
  });

  it('never cuts a character in two', () => {
    const edits = editsFor(
      [{ start: 0, remove: 1, insert: ['😁'] }],
      { start: 0, count: 1 },
      new LineBuffer('😀'),
    );
    expect(edits).toEqual([change(0, 0, 0, 2, '😁')]);
  });
});

describe('lineAfter', () => {
  it('finds a line again', () => {
    const splices = [
      { start: 4, remove: 2, insert: ['x'] },
      { start: 1, remove: 0, insert: ['y', 'z'] },
    ];
    expect([0, 1, 3, 4, 5, 6].map((line) => lineAfter(splices, line))).toEqual([
      0,
      3,
      5,
      undefined,
      undefined,
      7,
    ]);
  });
});

describe('spliceAfter', () => {
  const splices: Splice[] = [
    { start: 4, remove: 2, insert: ['x'] },
    { start: 1, remove: 0, insert: ['y', 'z'] },
  ];

  it('moves with the lines that it is about', () => {
    const at = (start: number, remove: number) => {
      const moved = spliceAfter(splices, { start, remove, insert: [] });
      return [moved.start, moved.remove];
    };
    expect(at(0, 1)).toEqual([0, 1]);
    expect(at(1, 1)).toEqual([3, 1]);
    expect(at(0, 2)).toEqual([0, 4]);
    expect(at(3, 2)).toEqual([5, 2]);
    expect(at(5, 1)).toEqual([6, 1]);
    expect(at(6, 0)).toEqual([7, 0]);
  });

  it('finds every line that is left, and stays within the lines', () => {
    fc.assert(
      fc.property(
        splicesOf(6).filter((some) => some.every(({ start }) => start < 6)),
        fc.nat(6),
        fc.nat(6),
        (some, a, b) => {
          const [start, end] = [Math.min(a, b), Math.max(a, b)];
          const size = some.reduce((sum, { remove, insert }) => sum - remove + insert.length, 6);
          const moved = spliceAfter(some, { start, remove: end - start, insert: [] });
          expect(moved.start).toBeGreaterThanOrEqual(0);
          expect(moved.remove).toBeGreaterThanOrEqual(0);
          expect(moved.start + moved.remove).toBeLessThanOrEqual(size);
          for (let line = start; line < end; line++) {
            const found = lineAfter(some, line);
            if (found !== undefined) {
              expect(found).toBeGreaterThanOrEqual(moved.start);
              expect(found).toBeLessThan(moved.start + moved.remove);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
