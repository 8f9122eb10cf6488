import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { alignLines } from '../../../src/core/edit/align.js';
import { originalOf, resultOf, type Row } from '../../../src/core/edit/rows.js';
import { StreamingDiff } from '../../../src/core/edit/streaming-diff.js';
import { edit, lines } from './arbitraries.js';
import { quickest } from './quickest.js';

const MARKS = { kept: ' ', removed: '-', added: '+' };
const show = (rows: readonly Row[]): string[] => rows.map((row) => `${MARKS[row.kind]}${row.text}`);

/** Feeds lines, each in pieces before it is complete, and reports the rows after every step. */
function stream(
  diff: StreamingDiff,
  result: readonly string[],
  step: number,
  seen: (rows: readonly Row[], complete: boolean) => void,
): void {
  for (const line of result) {
    for (let end = step; end < line.length; end += step) {
      diff.partial(line.slice(0, end));
      seen(diff.rows, false);
    }
    diff.push(line);
    seen(diff.rows, true);
  }
}

describe('StreamingDiff', () => {
  it('shows a changed line below the line that it replaces, at once', () => {
    const diff = new StreamingDiff(['def f(a):', '    x = a + 1', '    return x']);
    diff.push('def f(a):');
    diff.push('    x = a + 2');
    expect(show(diff.rows)).toEqual([
      ' def f(a):',
      '-    x = a + 1',
      '+    x = a + 2',
      '     return x',
    ]);
  });

  it('shows an inserted line and leaves what follows alone', () => {
    const diff = new StreamingDiff(['def f(a):', '    return a']);
    diff.push('def f(a):');
    diff.push('    """Returns its argument."""');
    expect(show(diff.rows)).toEqual([
      ' def f(a):',
      '+    """Returns its argument."""',
      '     return a',
    ]);
  });

  it('marks what the model left out once it goes on below', () => {
    const diff = new StreamingDiff(['a = 1', 'b = 2', 'c = 3', 'd = 4']);
    diff.push('a = 1');
    diff.push('d = 4');
    expect(show(diff.rows)).toEqual([' a = 1', '-b = 2', '-c = 3', ' d = 4']);
  });

  it('takes a bracket inside an insertion for a part of it', () => {
    const diff = new StreamingDiff(['f() {', '  one();', '}', 'g();']);
    diff.push('f() {');
    diff.push('  while (true) {');
    diff.push('}');
    expect(show(diff.rows).slice(-3)).toEqual(['   one();', ' }', ' g();']);
  });

  it('withholds a partial line that may still become an original one', () => {
    const diff = new StreamingDiff(['    const total = 1;', '    return total;']);
    diff.partial('    const total');
    expect(show(diff.rows)).toEqual(['     const total = 1;', '     return total;']);
    diff.partial('    const total = 2');
    expect(show(diff.rows)).toEqual([
      '-    const total = 1;',
      '+    const total = 2',
      '     return total;',
    ]);
    diff.push('    const total = 2;');
    expect(show(diff.rows)).toEqual([
      '-    const total = 1;',
      '+    const total = 2;',
      '     return total;',
    ]);
  });

  it('shows a new line while it is written', () => {
    const diff = new StreamingDiff(['foo();']);
    diff.partial('  pri');
    expect(show(diff.rows)).toEqual([' foo();']);
    diff.partial('  print(');
    expect(show(diff.rows)).toEqual(['+  print(', ' foo();']);
  });

  it('keeps what a cut answer did not reach', () => {
    const diff = new StreamingDiff(['a = 1', 'b = 2', 'c = 3']);
    diff.push('a = 10');
    diff.partial('b = 3');
    diff.finish('cut');
    expect(show(diff.rows)).toEqual(['-a = 1', '+a = 10', ' b = 2', ' c = 3']);
  });

  it('grows a second answer over the first', () => {
    const original = ['a = 1', 'b = 2', 'c = 3'];
    const shown = alignLines(original, ['a = 1', 'b = 20', 'c = 30']);
    const diff = new StreamingDiff(original, shown);
    expect(diff.rows).toEqual(shown);
    diff.push('a = 1');
    expect(diff.rows).toEqual(shown);
    diff.push('b = 2');
    expect(show(diff.rows)).toEqual([' a = 1', ' b = 2', '-c = 3', '+b = 20', '+c = 30']);
    diff.push('c = 30');
    expect(show(diff.rows)).toEqual([' a = 1', ' b = 2', '-c = 3', '+c = 30']);
    diff.finish();
    expect(show(diff.rows)).toEqual([' a = 1', ' b = 2', '-c = 3', '+c = 30']);
  });

  it('takes over what the user writes into a row', () => {
    const diff = new StreamingDiff(['a = 1', 'b = 2', 'c = 3']);
    diff.push('a = 10');
    expect(diff.edit(1, 'a = 11')).toBe(true);
    expect(diff.edit(3, 'c = 33')).toBe(true);
    diff.push('b = 2');
    diff.push('c = 33');
    diff.finish();
    expect(show(diff.rows)).toEqual(['-a = 1', '+a = 11', ' b = 2', ' c = 33']);
    expect(diff.edit(0, 'x')).toBe(false);
  });

  it('does not let the user write into the row under way', () => {
    const diff = new StreamingDiff(['foo();']);
    diff.partial('  print(');
    expect(diff.edit(0, '  prin')).toBe(false);
    expect(diff.edit(7, '')).toBe(false);
    expect(diff.edit(1, 'bar();')).toBe(true);
    diff.push('  print()');
    diff.finish('cut');
    expect(show(diff.rows)).toEqual(['+  print()', ' bar();']);
  });

  it('never touches original lines, and gives the text of the model in the end', () => {
    fc.assert(
      fc.property(edit, fc.integer({ min: 1, max: 9 }), ({ original, result }, step) => {
        const diff = new StreamingDiff(original);
        stream(diff, result, step, (rows) => {
          expect(originalOf(rows)).toEqual(original);
        });
        diff.finish();
        expect(originalOf(diff.rows)).toEqual(original);
        expect(resultOf(diff.rows)).toEqual(result);
        expect(diff.rows).toEqual(alignLines(original, result));
      }),
    );
  });

  it('is monotone: changes grow downwards, and a shown partial line only gets longer', () => {
    fc.assert(
      fc.property(edit, fc.integer({ min: 1, max: 9 }), ({ original, result }, step) => {
        const diff = new StreamingDiff(original);
        let decided: string[] = [];
        let last: string[] = [];
        const lastChange = (rows: readonly Row[]): number =>
          rows.findLastIndex((row) => row.kind !== 'kept') + 1;
        stream(diff, result, step, (rows, complete) => {
          const now = show(rows);
          expect(now.slice(0, decided.length)).toEqual(decided);
          if (last.length > decided.length) {
            // A line that showed in part is where it was, and longer.
            expect(now[last.length - 1]?.startsWith(last.at(-1)!)).toBe(true);
          }
          const changed = now.slice(0, lastChange(rows));
          decided = complete ? changed : decided;
          last = changed.length > decided.length ? changed : [];
        });
      }),
      { numRuns: 300 },
    );
  });

  it('grows any answer over any rows that show', () => {
    fc.assert(
      fc.property(edit, lines, ({ original, result }, second) => {
        const shown = alignLines(original, result);
        const diff = new StreamingDiff(original, shown);
        expect(diff.rows).toEqual(shown);
        stream(diff, second, 3, (rows) => {
          expect(originalOf(rows)).toEqual(original);
        });
        diff.finish();
        expect(resultOf(diff.rows)).toEqual(second);
      }),
    );
  });

  it('takes less than 2 ms for a line of a region of 2,000', () => {
    const original = Array.from({ length: 2_000 }, (_, at) =>
      at % 10 === 9 ? '' : `    const value${at} = compute(${at * 7}, "some text", options);`,
    );
    const result = original.flatMap((line, at) =>
      at % 7 === 0
        ? [line.replace('compute', 'calculate'), '    check();']
        : at % 31 === 0
          ? []
          : [line],
    );
    let diff = new StreamingDiff(original);
    const slowest = [1, 2, 3].map(() => {
      diff = new StreamingDiff(original);
      const times = result.map((line) => {
        const start = performance.now();
        diff.partial(line.slice(0, 10));
        diff.partial(line.slice(0, 30));
        diff.push(line);
        expect(diff.rows.length).toBeGreaterThan(0);
        return performance.now() - start;
      });
      // The 99th percentile, because the machine may pause at any one of them.
      return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
    });
    expect(Math.min(...slowest)).toBeLessThan(2);
    expect(quickest(() => diff.finish())).toBeLessThan(200);
  });
});
