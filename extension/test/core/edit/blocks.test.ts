import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BlockParser, looksLikeMarkers, type BlockEvent } from '../../../src/core/edit/blocks.js';
import { BlocksAnswer } from '../../../src/core/edit/blocks-answer.js';
import { keptRows, originalOf, resultOf } from '../../../src/core/edit/rows.js';
import { chunksOf, edit } from './arbitraries.js';

const STYLE = { insertSpaces: true, size: 4 };
const REGION = [
  'def f(a):',
  '    x = 1',
  '    return x',
  '',
  'def g(a):',
  '    y = 1',
  '    return y',
];

function block(search: readonly string[], replace: readonly string[]): string {
  return ['<<<<<<< SEARCH', ...search, '=======', ...replace, '>>>>>>> REPLACE', ''].join('\n');
}

function parse(chunks: readonly string[], end: 'complete' | 'cut' = 'complete'): BlockEvent[] {
  const parser = new BlockParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.finish(end)];
}

function answer(text: string, region: readonly string[] = REGION) {
  const view = new BlocksAnswer(keptRows(region), STYLE);
  for (const chunk of text.match(/[\s\S]{1,7}/g) ?? []) {
    view.push(chunk);
    expect(originalOf(view.rows)).toEqual(region);
  }
  const report = view.finish('complete');
  return { report, result: resultOf(view.rows) };
}

describe('BlockParser', () => {
  it('reads a block line by line', () => {
    expect(parse([block(['a'], ['b', 'c'])])).toEqual([
      { kind: 'search', lines: ['a'] },
      { kind: 'line', text: 'b' },
      { kind: 'line', text: 'c' },
      { kind: 'end', cut: false },
    ]);
  });

  it('shows a replacing line while it is written, but no marker', () => {
    const parser = new BlockParser();
    parser.push('<<<<<<< SEARCH\na\n=======\nfoo(');
    expect(parser.partial).toBe('foo(');
    parser.push(')\n>>>');
    expect(parser.partial).toBeUndefined();
    parser.push('\n==');
    expect(parser.partial).toBeUndefined();
  });

  it.each<[string, string]>([
    ['talk and fences', 'Here you are:\n```\n' + block(['a'], ['b']) + '```\nDone.'],
    ['CRLF', block(['a'], ['b']).replaceAll('\n', '\r\n')],
    ['no end', '<<<<<<< SEARCH\na\n=======\nb'],
    ['no end but a fence', '```\n<<<<<<< SEARCH\na\n=======\nb\n```'],
    ['other names', '<<<<<<< ORIGINAL\na\n=======\nb\n>>>>>>> UPDATED'],
    ['fewer signs', '<<<<< SEARCH\na\n=====\nb\n>>>>> REPLACE'],
  ])('reads a block with %s', (_, text) => {
    expect(parse([text])).toEqual([
      { kind: 'search', lines: ['a'] },
      { kind: 'line', text: 'b' },
      { kind: 'end', cut: false },
    ]);
  });

  it('says when a block is cut', () => {
    expect(parse(['<<<<<<< SEARCH\na\n=======\nb\nc'], 'cut')).toEqual([
      { kind: 'search', lines: ['a'] },
      { kind: 'line', text: 'b' },
      { kind: 'end', cut: true },
    ]);
    expect(parse(['<<<<<<< SEARCH\na\nb'], 'cut')).toEqual([]);
  });

  it('ends a block at the next one', () => {
    expect(parse(['<<<<<<< SEARCH\na\n=======\nb\n' + block(['c'], ['d'])])).toHaveLength(6);
  });

  it('parses alike however the text is cut', () => {
    const piece = fc.constantFrom(
      '<<<<<<< SEARCH',
      '=======',
      '>>>>>>> REPLACE',
      '```',
      'a',
      '  b',
      '',
      'é🎈',
      '====',
    );
    const texts = fc
      .tuple(fc.array(piece, { maxLength: 20 }), fc.constantFrom('\n', '\r\n'))
      .map(([parts, eol]) => parts.join(eol));
    fc.assert(
      fc.property(
        texts.chain((text) => fc.tuple(fc.constant(text), chunksOf(text))),
        ([text, chunks]) => {
          expect(parse(chunks)).toEqual(parse([text]));
        },
      ),
    );
  });

  it('knows texts that it cannot work with', () => {
    expect(looksLikeMarkers(['Title', '======='])).toBe(true);
    expect(looksLikeMarkers(['a === b', '==', '// ======= x'])).toBe(false);
  });
});

describe('BlocksAnswer', () => {
  it('applies several blocks, in any order', () => {
    const text =
      block(['    y = 1', '    return y'], ['    return 2']) + block(['    x = 1'], ['    x = 10']);
    expect(answer(text)).toEqual({
      report: { kind: 'code', prose: '' },
      result: ['def f(a):', '    x = 10', '    return x', '', 'def g(a):', '    return 2'],
    });
  });

  it('marks what goes at once, and adds what comes line by line', () => {
    const view = new BlocksAnswer(keptRows(REGION), STYLE);
    view.push('<<<<<<< SEARCH\n    x = 1\n=======\n    x = 2\n    z');
    expect(view.rows.slice(1, 3)).toEqual([
      { kind: 'removed', text: '    x = 1' },
      { kind: 'added', text: '    x = 2' },
    ]);
  });

  it('puts the answer where the text stands when the model quotes without indentation', () => {
    expect(answer(block(['x = 1', 'return x'], ['if a:', '    return 1'])).result).toEqual([
      'def f(a):',
      '    if a:',
      '        return 1',
      '',
      'def g(a):',
      '    y = 1',
      '    return y',
    ]);
  });

  it('keeps the empty lines that a block quotes, and adds those that it does not', () => {
    const quoted = block(['', 'def g(a):', ''], ['', 'def h(a):', '']);
    expect(answer(quoted).result).toEqual([
      'def f(a):',
      '    x = 1',
      '    return x',
      '',
      'def h(a):',
      '    y = 1',
      '    return y',
    ]);
    const added = block(['def g(a):'], ['def h(a):', '    pass', '', 'def g(a):', '']);
    expect(answer(added).result.slice(3, 9)).toEqual([
      '',
      'def h(a):',
      '    pass',
      '',
      'def g(a):',
      '',
    ]);
  });

  it('applies what it can, and says what it cannot', () => {
    const text =
      block(['    x = 1'], ['    x = 2']) + block(['nowhere = 1'], ['x']) + block([''], ['x']);
    expect(answer(text)).toMatchObject({
      report: { kind: 'missed', blocks: 3, missed: 2, ambiguous: 0 },
      result: ['def f(a):', '    x = 2', ...REGION.slice(2)],
    });
    expect(answer(block(['a = 1'], ['b']), ['a = 1', 'a = 1']).report).toMatchObject({
      ambiguous: 1,
    });
  });

  it('keeps the rest of a block that is cut', () => {
    const view = new BlocksAnswer(keptRows(REGION), STYLE);
    view.push('<<<<<<< SEARCH\n    x = 1\n    return x\n=======\n    x = 2\n    ret');
    view.finish('cut');
    expect(resultOf(view.rows)).toEqual([
      'def f(a):',
      '    x = 2',
      '    return x',
      ...REGION.slice(3),
    ]);
  });

  it('works on the changes under review', () => {
    const shown = [
      { kind: 'removed', text: 'a = 1' },
      { kind: 'added', text: 'a = 2' },
    ] as const;
    const view = new BlocksAnswer(shown, STYLE);
    view.push(block(['a = 2'], ['a = 3']));
    expect(view.finish('complete')).toMatchObject({ kind: 'code' });
    expect(view.rows).toEqual([
      { kind: 'removed', text: 'a = 1' },
      { kind: 'added', text: 'a = 3' },
    ]);
  });

  it.each<[string, string]>([
    ['', 'empty'],
    ["I'm sorry, I cannot help with that.", 'refusal'],
    ['```python\ndef f(a): ...\n```', 'missed'],
  ])('says what %j is', (text, kind) => {
    expect(answer(text).report.kind).toBe(kind);
  });

  it('turns any text into any other by a block for all of it', () => {
    fc.assert(
      fc.property(edit, ({ original, result }) => {
        fc.pre(original.some((line) => line.trim() !== ''));
        fc.pre(
          !looksLikeMarkers([...original, ...result]) &&
            ![...original, ...result].some((line) => /[<>`~\r]/.test(line)),
        );
        const view = new BlocksAnswer(keptRows(original), STYLE);
        view.push(block(original, result));
        expect(view.finish('complete')).toMatchObject({ kind: 'code' });
        const words = (lines: readonly string[]): string => lines.join('\n').replace(/\s+/g, '');
        expect(words(resultOf(view.rows))).toBe(words(result));
      }),
    );
  });
});
