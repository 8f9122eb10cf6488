import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentChange } from '../../../src/core/edit/region.js';
import {
  besidesOurs,
  changedLines,
  narrowedChanges,
} from '../../../src/core/edit/reported-changes.js';
import { change, LineBuffer, place } from '../../support/line-buffer.js';

const DOCUMENT = 'zero\none\ntwo\nthree\nfour\nfive';

const word = fc.stringMatching(/^[ab]{0,3}$/);

describe('besidesOurs', () => {
  const edits = [change(0, 0, 0, 0, 'a\r\n'), change(3, 0, 4, 0, '')];
  const reported = change(0, 0, 0, 0, 'a\n');

  it('knows our edits again in any order', () => {
    expect(besidesOurs(edits, [edits[1]!, reported])).toEqual([]);
  });

  it('leaves what the editor did along', () => {
    const trimmed = change(9, 0, 9, 4, '');
    expect(besidesOurs(edits, [trimmed, edits[1]!, reported])).toEqual([trimmed]);
  });

  it('takes a report without all of them for somebody else’s', () => {
    expect(besidesOurs(edits, [edits[1]!])).toBeUndefined();
  });
});

const step = fc.record({
  a: fc.nat(1000),
  b: fc.nat(1000),
  text: fc.array(word, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n')),
});

describe('narrowedChanges', () => {
  const lines = DOCUMENT.split('\n');

  it('finds the change in a document that was written anew', () => {
    const text = DOCUMENT.replace('one', 'ONE').replace('four\n', '');
    expect(narrowedChanges(change(0, 0, 5, 4, text), lines)).toEqual([
      change(1, 0, 1, 3, 'ONE'),
      change(4, 0, 5, 0, ''),
    ]);
    expect(narrowedChanges(change(0, 0, 5, 4, DOCUMENT.replaceAll('\n', '\r\n')), lines)).toEqual(
      [],
    );
  });

  it('keeps an indentation out of the line above', () => {
    expect(narrowedChanges(change(0, 4, 1, 0, '\n  '), lines)).toEqual([change(1, 0, 1, 0, '  ')]);
  });

  it('leads to the same text', () => {
    fc.assert(
      fc.property(step, fc.array(word, { minLength: 1, maxLength: 8 }), (step, some) => {
        const buffer = new LineBuffer(some.join('\n'));
        const [start, end] = [step.a, step.b]
          .map((at) => place(buffer, at))
          .sort((x, y) => x.line - y.line || x.character - y.character);
        const wide: DocumentChange = { range: { start: start!, end: end! }, text: step.text };
        const narrow = narrowedChanges(wide, some);
        expect(changedLines(some, narrow)).toEqual(changedLines(some, [wide]));
        buffer.apply([wide]);
        expect(changedLines(some, [wide]).join('\n')).toBe(buffer.text);
      }),
      { numRuns: 2000 },
    );
  });
});
