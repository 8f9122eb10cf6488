import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { alignLines } from '../../../src/core/edit/align.js';
import {
  acceptAll,
  acceptHunk,
  applyUserChange,
  hunkAt,
  hunksOf,
  keptRows,
  originalOf,
  rejectAll,
  rejectHunk,
  resultOf,
  splicesBetween,
  type Row,
  type Splice,
} from '../../../src/core/edit/rows.js';
import { edit, lines } from './arbitraries.js';
import { quickest } from './quickest.js';

/** Writes rows as a patch does. */
export function show(rows: readonly Row[]): string[] {
  const marks = { kept: ' ', removed: '-', added: '+' };
  return rows.map((row) => `${marks[row.kind]}${row.text}`);
}

function apply(text: readonly string[], splices: readonly Splice[]): string[] {
  const result = [...text];
  for (const { start, remove, insert } of splices) {
    result.splice(start, remove, ...insert);
  }
  return result;
}

const texts = (rows: readonly Row[]): string[] => rows.map((row) => row.text);

const rowsArbitrary: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('kept', 'removed', 'added'),
    text: fc.constantFrom('a', 'b', 'c', ''),
  }),
  { maxLength: 20 },
);

describe('rows', () => {
  it('finds maximal runs of changes', () => {
    const rows = alignLines(['a', 'b', 'c', 'd'], ['a', 'B', 'c', 'd', 'e']);
    expect(show(rows)).toEqual([' a', '-b', '+B', ' c', ' d', '+e']);
    expect(hunksOf(rows)).toEqual([
      { start: 1, end: 3 },
      { start: 5, end: 6 },
    ]);
    expect(hunkAt(rows, 2)).toEqual({ start: 1, end: 3 });
    expect(hunkAt(rows, 3)).toBeUndefined();
  });

  it('restores the original when all is rejected, and gives the result when all is accepted', () => {
    fc.assert(
      fc.property(edit, ({ original, result }) => {
        const rows = alignLines(original, result);
        expect(texts(rejectAll(rows))).toEqual(original);
        expect(texts(acceptAll(rows))).toEqual(result);
        expect(originalOf(rows)).toEqual(original);
        expect(resultOf(rows)).toEqual(result);
      }),
    );
  });

  it('composes choices per hunk in any order', () => {
    fc.assert(
      fc.property(
        edit,
        fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }),
        fc.array(fc.nat(), { minLength: 50, maxLength: 50 }),
        ({ original, result }, choices, order) => {
          const rows = alignLines(original, result);
          const hunks = hunksOf(rows);
          const expected = rows
            .filter((row, index) => {
              const hunk = hunks.findIndex(({ start, end }) => start <= index && index < end);
              return hunk < 0 || row.kind === (choices[hunk] ? 'added' : 'removed');
            })
            .map((row) => row.text);
          const pending = hunks.map((_, index) => index);
          let current = rows;
          for (const pick of order) {
            const left = hunksOf(current);
            if (left.length === 0) {
              break;
            }
            const at = pick % left.length;
            const [hunk] = pending.splice(at, 1);
            current = (choices[hunk!] ? acceptHunk : rejectHunk)(current, left[at]!);
          }
          expect(hunksOf(current)).toEqual([]);
          expect(texts(current)).toEqual(expected);
        },
      ),
    );
  });

  it('splices before into after, bottom up and no more than needed', () => {
    fc.assert(
      fc.property(rowsArbitrary, rowsArbitrary, (before, after) => {
        const splices = splicesBetween(before, after);
        expect(apply(texts(before), splices)).toEqual(texts(after));
        splices.slice(1).forEach((splice, index) => {
          expect(splice.start + splice.remove).toBeLessThan(splices[index]!.start);
        });
        if (JSON.stringify(texts(before)) === JSON.stringify(texts(after))) {
          expect(splices).toEqual([]);
        }
      }),
    );
  });

  it('keeps the kind of a row whose text the user changes', () => {
    const rows = alignLines(['a', 'b'], ['a', 'B']);
    expect(show(applyUserChange(rows, { start: 2, remove: 1, insert: ['BB'] }))).toEqual([
      ' a',
      '-b',
      '+BB',
    ]);
  });

  it('gives lines to the user who changes several', () => {
    const rows = alignLines(['a', 'b'], ['a', 'B']);
    const changed = applyUserChange(rows, { start: 1, remove: 2, insert: ['x', 'y'] });
    expect(show(changed)).toEqual([' a', ' x', ' y']);
    expect(show(applyUserChange(rows, { start: 3, remove: 0, insert: ['z'] }))).toEqual([
      ' a',
      '-b',
      '+B',
      ' z',
    ]);
    expect(show(applyUserChange(rows, { start: 0, remove: 2, insert: [] }))).toEqual(['+B']);
  });
});

describe('alignLines', () => {
  it('is minimal', () => {
    const longest = (a: readonly string[], b: readonly string[]): number => {
      const table = Array.from({ length: a.length + 1 }, () =>
        new Array<number>(b.length + 1).fill(0),
      );
      for (let i = 1; i <= a.length; i++) {
        for (let j = 1; j <= b.length; j++) {
          table[i]![j] =
            a[i - 1] === b[j - 1]
              ? table[i - 1]![j - 1]! + 1
              : Math.max(table[i - 1]![j]!, table[i]![j - 1]!);
        }
      }
      return table[a.length]![b.length]!;
    };
    fc.assert(
      fc.property(edit, ({ original, result }) => {
        const kept = alignLines(original, result).filter((row) => row.kind === 'kept');
        expect(kept).toHaveLength(longest(original, result));
      }),
    );
  });

  it('puts removed rows before added ones', () => {
    fc.assert(
      fc.property(edit, ({ original, result }) => {
        const shown = show(alignLines(original, result)).map((row) => row[0]);
        expect(shown.join('')).not.toContain('+-');
      }),
    );
  });

  it('cuts an inserted function where it begins, not at the bracket above it', () => {
    const original = ['f() {', '  one();', '}', '', 'h() {', '  three();', '}'];
    const result = [
      'f() {',
      '  one();',
      '}',
      '',
      'g() {',
      '  two();',
      '}',
      '',
      'h() {',
      '  three();',
      '}',
    ];
    expect(show(alignLines(original, result))).toEqual([
      ' f() {',
      '   one();',
      ' }',
      ' ',
      '+g() {',
      '+  two();',
      '+}',
      '+',
      ' h() {',
      '   three();',
      ' }',
    ]);
  });

  it('cuts a deleted function where it begins', () => {
    const original = [
      'def f():',
      '    return 1',
      '',
      'def g():',
      '    return 2',
      '',
      'def h():',
      '    return 3',
    ];
    const result = ['def f():', '    return 1', '', 'def h():', '    return 3'];
    expect(show(alignLines(original, result))).toEqual([
      ' def f():',
      '     return 1',
      ' ',
      '-def g():',
      '-    return 2',
      '-',
      ' def h():',
      '     return 3',
    ]);
  });

  const many = Array.from({ length: 5_000 }, (_, line) => `line ${line} of many`);
  it.each<[string, string[]]>([
    ['all lines changed', many.map((line) => `${line}!`)],
    [
      'all lines in another order',
      [...many].sort((a, b) => (a.slice(-12) + a < b.slice(-12) + b ? -1 : 1)).reverse(),
    ],
    ['every second line gone', many.filter((_, line) => line % 2 === 0)],
    ['every line changed but brackets', many.map((line, at) => (at % 2 === 0 ? '}' : `${line}!`))],
  ])('takes less than 200 ms for 5,000 lines: %s', (_, result) => {
    let rows: readonly Row[] = [];
    const time = quickest(() => {
      rows = alignLines(many, result);
    });
    expect(time).toBeLessThan(200);
    expect(resultOf(rows)).toEqual(result);
    expect(originalOf(rows)).toEqual(many);
  });

  it('has nothing to say about equal texts', () => {
    fc.assert(
      fc.property(lines, (text) => {
        expect(alignLines(text, text)).toEqual(keptRows(text));
      }),
    );
  });
});
