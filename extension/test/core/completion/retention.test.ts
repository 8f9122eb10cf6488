import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Retention, retainedCharacters } from '../../../src/core/completion/retention.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const URI = 'file:///a';

/** Accepts text at the mark, makes the edits, and tells what the retention reports. */
async function retained(
  marked: string,
  accepted: string,
  edits: readonly (readonly [offset: number, removed: number, inserted: string])[],
): Promise<unknown> {
  const clock = new VirtualClock();
  const reports: unknown[] = [];
  const at = marked.indexOf('█');
  let text = marked.replace('█', accepted);
  const retention = new Retention(
    clock,
    (_, start, end) => text.slice(start, end),
    (...report) => reports.push(report),
  );
  retention.watch(URI, at, accepted);
  for (const [offset, removed, inserted] of edits) {
    text = text.slice(0, offset) + inserted + text.slice(offset + removed);
    retention.edited({ uri: URI, version: 1, changes: [{ offset, removed, inserted }] });
    retention.edited({
      uri: 'file:///b',
      version: 1,
      changes: [{ offset: 0, removed: 9, inserted: '' }],
    });
  }
  await clock.advance(29_000);
  expect(reports).toEqual([]);
  await clock.advance(2_000);
  return reports[0];
}

describe('what is left of an accepted text', () => {
  it.each([
    ['all when nothing happens', [], [5, 5]],
    [
      'all when the text around it changes',
      [
        [0, 0, 'xyz'],
        [10, 1, '!!'],
      ] as const,
      [5, 5],
    ],
    ['none when it is deleted', [[2, 5, '']] as const, [5, 0]],
    ['what was not replaced', [[3, 2, 'XY']] as const, [5, 3]],
    ['all when something was put in between', [[4, 0, ' or ']] as const, [5, 5]],
    [
      'all after undo and redo',
      [
        [2, 5, ''],
        [2, 0, 'hello'],
      ] as const,
      [5, 5],
    ],
    ['what a larger deletion has left', [[0, 4, '']] as const, [5, 3]],
  ])('is %s', async (_, edits, expected) => {
    expect(await retained('a █ b', 'hello', edits)).toEqual(expected);
  });

  it('is not told of closed documents', async () => {
    const clock = new VirtualClock();
    const reports: unknown[] = [];
    const retention = new Retention(
      clock,
      () => undefined,
      (...report) => reports.push(report),
    );
    retention.watch(URI, 0, 'x');
    await clock.advance(60_000);
    expect(reports).toEqual([]);
    retention.dispose();
  });
});

describe('characters retained', () => {
  it('counts lines in long texts', () => {
    const lines = Array.from({ length: 400 }, (_, index) => `line number ${index}`);
    const changed = lines.with(7, 'something else');
    expect(retainedCharacters(lines.join('\n'), `x\n${changed.join('\n')}`)).toBe(
      lines.join('\n').length - 'line number 7\n'.length,
    );
  });

  it('is never more than there was', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, now) => {
        const count = retainedCharacters(before, now);
        expect(count).toBeLessThanOrEqual(Math.min(before.length, now.length));
        expect(retainedCharacters(before, `${now}${before}`)).toBe(before.length);
      }),
    );
  });
});
