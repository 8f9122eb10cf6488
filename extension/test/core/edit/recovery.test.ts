import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOf, recoveryOf } from '../../../src/core/edit/recovery.js';
import { originalOf, type Row } from '../../../src/core/edit/rows.js';

function recovered(lines: readonly string[], record: ReturnType<typeof recordOf>) {
  const recovery = recoveryOf(record, lines);
  if (!recovery) {
    return undefined;
  }
  const region = lines.slice(recovery.region.start, recovery.region.start + recovery.region.count);
  for (const { start, remove, insert } of recovery.splices) {
    region.splice(start, remove, ...insert);
  }
  return [
    ...lines.slice(0, recovery.region.start),
    ...region,
    ...lines.slice(recovery.region.start + recovery.region.count),
  ];
}

const line = fc.stringMatching(/^[a-c]{0,2}$/);
const lines = fc.array(line, { maxLength: 5 });
const row = fc.record({
  kind: fc.constantFrom<Row['kind']>('kept', 'removed', 'added'),
  text: line,
});

describe('recoveryOf', () => {
  it('gives the file back from any picture of the edit, also a later one than was remembered', () => {
    fc.assert(
      fc.property(lines, fc.array(row), fc.array(line), lines, (above, rows, more, below) => {
        const shown = rows.map(({ text }) => text);
        const original = originalOf(rows);
        const region = { start: above.length, count: shown.length };
        const record = recordOf('file:///a', [...above, ...shown, ...below], region, original);
        const later = [...above, ...shown, ...more, ...below];
        if (shown.length + more.length === original.length) {
          expect(recovered(later, record)).toBeUndefined();
        } else {
          expect(recovered(later, record)).toEqual([...above, ...original, ...below]);
        }
      }),
    );
  });

  const record = recordOf('file:///a', ['a', 'b', 'B', 'c'], { start: 1, count: 2 }, ['b']);

  it('is JSON', () => {
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });

  it.each([
    ['the file is as it was', ['a', 'b', 'c']],
    ['text above changed', ['A', 'b', 'B', 'c']],
    ['text below changed', ['a', 'b', 'B', 'C']],
    ['the original is not in there', ['a', 'x', 'B', 'c']],
    ['the file is empty', ['']],
  ])('leaves the document alone when %s', (_, now) => {
    expect(recoveryOf(record, now)).toBeUndefined();
  });
});
