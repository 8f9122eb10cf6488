import { describe, expect, it } from 'vitest';
import { blockAround, selectedLines } from '../../../src/core/edit/target.js';

function linesOf(text: string) {
  const lines = text.split('\n');
  return { lineCount: lines.length, textOf: (line: number) => lines[line]! };
}

/** The block around the line that is marked with `<`. */
function block(text: string, most = 40): string {
  const marked = text.split('\n').findIndex((line) => line.endsWith('<'));
  const plain = text.replace('<', '');
  const { start, end } = blockAround(linesOf(plain), marked, most);
  return plain.split('\n').slice(start, end).join('\n');
}

describe('selectedLines', () => {
  const select = (a: number, b: number, c: number, d: number) =>
    selectedLines({ start: { line: a, character: b }, end: { line: c, character: d } });

  it('takes every line that a selection touches', () => {
    expect(select(2, 4, 3, 1)).toEqual({ start: 2, end: 4 });
    expect(select(2, 4, 2, 4)).toEqual({ start: 2, end: 3 });
  });

  it('leaves out a last line of which nothing is selected', () => {
    expect(select(2, 0, 4, 0)).toEqual({ start: 2, end: 4 });
    expect(select(2, 0, 2, 0)).toEqual({ start: 2, end: 3 });
  });
});

describe('blockAround', () => {
  const PYTHON = 'import os\n\ndef f(x):\n    y = x\n\n    return y\n\ndef g():\n    pass';

  it('takes the function that a line is in, or opens', () => {
    const f = 'def f(x):\n    y = x\n\n    return y';
    expect(block(PYTHON.replace('return y', 'return y<'))).toBe(f);
    expect(block(PYTHON.replace('f(x):', 'f(x):<'))).toBe(f);
    expect(block(PYTHON.replace('y = x', 'y = x<'))).toBe(f);
  });

  it('takes the bracket that closes a block', () => {
    expect(block('a();\nif (b) {\n  c();<\n}\nd();')).toBe('if (b) {\n  c();\n}');
  });

  it('takes the paragraph where there is no block', () => {
    expect(block('a = 1\nb = 2<\n\nc = 3')).toBe('a = 1\nb = 2');
  });

  it('never takes more than wanted', () => {
    const long = `def f():\n${Array.from({ length: 50 }, (_, n) => `    x${n}()`).join('\n')}`;
    const cut = block(long.replace('x25()', 'x25()<'), 10).split('\n');
    expect(cut).toHaveLength(10);
    expect(cut).toContain('    x25()');
  });

  it('copes with an empty document', () => {
    expect(blockAround(linesOf(''), 0, 10)).toEqual({ start: 0, end: 1 });
  });
});
