import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LimitInput, streamLimit } from '../../../src/core/completion/stop.js';

/** Streams a text character by character; returns what is kept, and how much had to come for it. */
function streamed(
  text: string,
  input: Partial<LimitInput> = {},
): { kept: string; came: number; reason: string } {
  const limit = streamLimit({
    prefix: '',
    suffix: '',
    language: 'python',
    multiline: true,
    ...input,
  });
  for (let came = 1; came <= text.length; came++) {
    const verdict = limit(text.slice(0, came));
    if (verdict !== 'more') {
      return { kept: text.slice(0, verdict.cut), came, reason: verdict.reason };
    }
  }
  return { kept: text, came: text.length, reason: 'all' };
}

describe('one line', () => {
  it('ends with the line', () => {
    const text = '1\ny = 2\n';
    expect(streamed(text, { prefix: 'x = ', multiline: false })).toEqual({
      kept: '1',
      came: 2,
      reason: 'end of the line',
    });
  });

  it('goes to the next line when it begins with a line end', () => {
    expect(streamed('\ny = 2\nz = 3', { prefix: 'x = 1', multiline: false }).kept).toBe('\ny = 2');
  });

  it('does not go to the next line when text stands to the right', () => {
    const input = { prefix: 'foo(', suffix: ');\n', multiline: false };
    expect(streamed('\n  a', input).kept).toBe('');
  });

  it('ends a loop that has no end of line', () => {
    const { kept, came } = streamed('very '.repeat(100), { prefix: '# ', multiline: false });
    expect(kept).toBe('very ');
    expect(came).toBeLessThan(60);
  });
});

describe('several lines', () => {
  it('ends when the function is left, at the first word that shows it', () => {
    const body = '\n    total = sum(xs)\n    return total / len(xs)';
    const { kept, came } = streamed(`${body}\n\n\ndef median(xs):\n    return xs[0]\n`, {
      prefix: 'def mean(xs):',
    });
    expect(kept).toBe(body);
    expect(came).toBeLessThanOrEqual(body.length + '\n\n\ndef '.length);
  });

  it('ends with the bracket that the document lacks', () => {
    const input = { language: 'typescript', prefix: 'class A {\n  f() {\n    ', suffix: '\n}\n' };
    expect(streamed('return 1;\n  }\n\n  g() {', input).kept).toBe('return 1;\n  }');
  });

  it('ends before the bracket that the document has', () => {
    const input = { language: 'typescript', prefix: 'function f() {\n  ', suffix: '\n}\n' };
    expect(streamed('return 1;\n}\n\nf();\n', input).kept).toBe('return 1;');
  });

  it('waits for a bracket to be complete', () => {
    const input = { language: 'javascript', prefix: 'it("a", () => {\n  ', suffix: '' };
    expect(streamed('f();\n});\ng();', input).kept).toBe('f();\n});');
  });

  it('ends where the lines below begin', () => {
    const input = { prefix: '    ', suffix: '\n    return compute_everything(total)\n' };
    const { kept, reason } = streamed(
      'total = 1\n    return compute_everything(total)\n    x = 1\n',
      input,
    );
    expect(kept).toBe('total = 1');
    expect(reason).toBe('says a line from below');
  });

  it('ends a loop', () => {
    const { kept, came } = streamed('x.append(1)\n'.repeat(50));
    expect(kept).toBe('x.append(1)');
    expect(came).toBeLessThan(40);
  });

  it('ends at an empty line after something was accepted', () => {
    const input = { prefix: 'x = 1', justAccepted: true };
    expect(streamed('\ny = 2\nz = 3\n\nw = 4', input).kept).toBe('\ny = 2\nz = 3');
    expect(streamed('\n\ny = 2\n\nw = 4', input).kept).toBe('\n\ny = 2');
  });

  it('ends at an empty line in the middle of a block', () => {
    const input = {
      prefix: 'def f(xs):\n    # add them up\n    ',
      suffix: '\n\n    return total\n',
    };
    const text = 'total = 0\n    for x in xs:\n        total += x\n\n    return xs\n';
    expect(streamed(text, input).kept).toBe('total = 0\n    for x in xs:\n        total += x');
  });

  it('goes on within a function', () => {
    const text = 'total = 0\n    for x in xs:\n        total += x\n\n    return total';
    expect(streamed(text, { prefix: 'def f(xs):\n    ' }).reason).toBe('all');
  });
});

const LINES = [
  '',
  'x = 1',
  '    y = f(x)',
  '    if y:',
  '        return {"a": [1, 2]}',
  '    else:',
  'def g(x):',
  '    }',
  '});',
  '  """',
  'const a = `b',
  'foo(bar(1,',
  "// it's",
  '@property',
  'class A {',
  'import os',
];
const text = fc
  .array(fc.constantFrom(...LINES), { maxLength: 12 })
  .map((lines) => lines.join('\n'));
const input = fc.record({
  prefix: text,
  suffix: text,
  language: fc.constantFrom('python', 'typescript', 'java', 'ruby', 'shellscript', 'markdown'),
  multiline: fc.boolean(),
  justAccepted: fc.boolean(),
});

describe('for any text', () => {
  it('says the same however the stream is cut into pieces', () => {
    fc.assert(
      fc.property(input, text, fc.array(fc.nat(20)), (place, whole, steps) => {
        const limit = streamLimit(place);
        let kept = whole;
        let came = 0;
        for (const step of [...steps, whole.length]) {
          came = Math.min(whole.length, came + step);
          const verdict = limit(whole.slice(0, came));
          if (verdict !== 'more') {
            kept = whole.slice(0, verdict.cut);
            break;
          }
        }
        // A coarser stream sees more at once, never less; loops are ended when they are seen.
        const fine = streamed(whole, place);
        if (!fine.reason.includes('repeat')) {
          expect(kept.startsWith(fine.kept) || fine.kept.startsWith(kept)).toBe(true);
        }
      }),
    );
  });

  it('keeps a beginning of what came', () => {
    fc.assert(
      fc.property(input, text, (place, whole) => {
        const { kept, came } = streamed(whole, place);
        expect(whole.startsWith(kept)).toBe(true);
        expect(kept.length).toBeLessThanOrEqual(came);
      }),
    );
  });
});
