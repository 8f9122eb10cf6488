import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AnswerParser, type AnswerOptions } from '../../../src/core/edit/answer.js';
import { chunksOf, lines } from './arbitraries.js';

const SPACES = { insertSpaces: true, size: 4 };

function options(partial: Partial<AnswerOptions> = {}): AnswerOptions {
  return {
    language: 'python',
    before: [],
    region: ['def f(a):', '    return a'],
    after: [],
    indentation: SPACES,
    ...partial,
  };
}

interface Parsed {
  readonly lines: readonly string[];
  readonly kind: string;
  readonly prose: string;
  readonly over: boolean;
}

function parse(chunks: readonly string[], partial: Partial<AnswerOptions> = {}): Parsed {
  const parser = new AnswerParser(options(partial));
  let all: string[] = [];
  for (const chunk of chunks) {
    const step = parser.push(chunk);
    all = step.restart ? [...step.lines] : [...all, ...step.lines];
  }
  const over = parser.over;
  const end = parser.finish();
  all = end.restart ? [...end.lines] : [...all, ...end.lines];
  return { lines: all, kind: end.kind, prose: end.prose, over };
}

const code = (text: string, partial: Partial<AnswerOptions> = {}): readonly string[] =>
  parse([text], partial).lines;

const ANSWER = ['def f(a):', '    return a + 1'];

describe('fences and talk', () => {
  it.each<[string, string]>([
    ['a fence', '```python\ndef f(a):\n    return a + 1\n```'],
    ['tildes', '~~~\ndef f(a):\n    return a + 1\n~~~\n'],
    ['no fence', 'def f(a):\n    return a + 1'],
    ['no fence and a final line end', 'def f(a):\n    return a + 1\n'],
    ['CRLF', '```python\r\ndef f(a):\r\n    return a + 1\r\n```\r\n'],
    [
      'talk before',
      'Sure! Here is the updated code:\n\n```python\ndef f(a):\n    return a + 1\n```',
    ],
    [
      'talk after',
      '```\ndef f(a):\n    return a + 1\n```\nThis adds one. Enjoy!\n```\nnot code\n```',
    ],
    [
      'talk around bare code',
      "Here's the code:\n\ndef f(a):\n    return a + 1\n\nThis function now adds one to its argument.\n\n- `a` is a number",
    ],
    ['a fence that never closes', '```python\ndef f(a):\n    return a + 1'],
    ['a fence that only closes', 'def f(a):\n    return a + 1\n```\nI added one.'],
    [
      'thoughts',
      '<think>\nThe user wants\ndef f(a): ...\n</think>\n\n```python\ndef f(a):\n    return a + 1\n```',
    ],
    ['thoughts on one line', '<think>hm</think>def f(a):\n    return a + 1'],
    [
      'thoughts whose beginning was in the prompt',
      'def f(a):\n    maybe\n</think>\n```python\ndef f(a):\n    return a + 1\n```',
    ],
    [
      'talk that looks like code, then a fence',
      'f(a) now adds one\n```python\ndef f(a):\n    return a + 1\n```',
    ],
    ['markers of the prompt', '<selection>\ndef f(a):\n    return a + 1\n</selection>'],
    ['markers inside a fence', '```\n<selection>\ndef f(a):\n    return a + 1\n</selection>\n```'],
    [
      'the old code, then the new',
      'Old:\n```python\ndef f(a):\n    return a\n```\nNew:\n```python\ndef f(a):\n    return a + 1\n```',
    ],
    ['an empty block, then the code', '```\n```\n```python\ndef f(a):\n    return a + 1\n```'],
    ['empty lines around', '\n\n```python\n\ndef f(a):\n    return a + 1\n\n```'],
  ])('takes the code out of %s', (_, text) => {
    expect(code(text, { markers: ['<selection>', '</selection>'] })).toEqual(ANSWER);
  });

  it('knows when the answer is complete', () => {
    expect(parse(['```\ndef f(a):\n    return a + 1\n```\n']).over).toBe(true);
    expect(parse(['```\ndef f(a):\n    return a + 1\n']).over).toBe(false);
  });

  it('keeps fences of a docstring', () => {
    const text = 'def f(a):\n    """\n    ```python\n    f(1)\n    ```\n    """\n    return a';
    expect(code('```python\n' + text + '\n```\nDone.')).toEqual(text.split('\n'));
  });

  it('keeps fences inside a Markdown file', () => {
    const text = '# Title\n\n```js\nf();\n```\n\nText\n\n```\nplain\n```\n\nThe end';
    const markdown = { language: 'markdown', region: ['# Title', 'Text'] };
    expect(code('```markdown\n' + text + '\n```', markdown)).toEqual(text.split('\n'));
    expect(code('````markdown\n' + text + '\n````\nI did it.', markdown)).toEqual(text.split('\n'));
    expect(code(text, markdown)).toEqual(text.split('\n'));
  });

  it('keeps sentences of a Markdown file', () => {
    const markdown = { language: 'markdown', region: ['Old text'] };
    expect(code('This is the new text. It is fine.', markdown)).toEqual([
      'This is the new text. It is fine.',
    ]);
    expect(code('Here is the revised text:\n\nNew text.', markdown)).toEqual(['New text.']);
  });

  it('keeps comments that read like talk', () => {
    const text = '# Sure, this is a comment.\ndef f(a):\n    return a';
    expect(code(text)).toEqual(text.split('\n'));
    expect(code('```\nThis is no code but it stands in the fence.\n```')).toEqual([
      'This is no code but it stands in the fence.',
    ]);
  });

  it.each<[string, string, string]>([
    ['', 'empty', ''],
    ['\n\n', 'empty', ''],
    ['```\n```', 'empty', ''],
    ['<think>what now</think>', 'empty', ''],
    ["I'm sorry, but I can't help with that.", 'refusal', "I'm sorry, but I can't help with that."],
    [
      'The function already does what you are asking for.',
      'prose',
      'The function already does what you are asking for.',
    ],
  ])('says what %j is', (text, kind, prose) => {
    expect(parse([text])).toMatchObject({ lines: [], kind, prose });
  });
});

describe('text around the region', () => {
  const around = {
    before: ['import os', '', 'class A:', '    def f(self):'],
    region: ['        return 1'],
    after: ['', '    def g(self):', '        return 2', '', '    def h(self):', '        return 3'],
  };

  it('drops lines before the region that the model repeats', () => {
    expect(code('    def f(self):\n        return 10', around)).toEqual(['        return 10']);
    expect(code('class A:\n    def f(self):\n        return 10', around)).toEqual([
      '        return 10',
    ]);
    expect(code('import os\n\nclass A:\n    def f(self):\n        return 10', around)).toEqual([
      '        return 10',
    ]);
  });

  it('drops lines after the region that the model repeats', () => {
    expect(code('        return 10\n\n    def g(self):', around)).toEqual(['        return 10']);
    expect(
      code('        return 10\n\n    def g(self):\n        return 2\n\n    def h(self):\n', around),
    ).toEqual(['        return 10']);
    const all =
      '        return 10\n\n    def g(self):\n        return 2\n\n    def h(self):\n        return 3\n\n    def i(self):\n';
    expect(parse([all], around)).toMatchObject({ lines: ['        return 10'], over: true });
  });

  it('keeps new lines that only begin like the next ones', () => {
    const text = '        return 10\n\n    def g2(self):\n        return 2';
    expect(code(text, around)).toEqual(text.split('\n'));
    const other = '        return 10\n\n    def g(self):\n        return 99';
    expect(code(other, around)).toEqual(other.split('\n'));
  });

  it('keeps a line above that the region has too', () => {
    expect(code('print(1)\nprint(2)', { before: ['print(1)'], region: ['print(1)'] })).toEqual([
      'print(1)',
      'print(2)',
    ]);
  });

  it('tells a closing bracket of the region from one that follows it', () => {
    const c = {
      language: 'c',
      before: ['void f() {'],
      region: ['  if (a) {', '    b();', '  }'],
      after: ['}'],
    };
    expect(code('  if (a) {\n    c();\n  }', c)).toEqual(['  if (a) {', '    c();', '  }']);
    expect(code('  if (a) {\n    c();\n  }\n}', c)).toEqual(['  if (a) {', '    c();', '  }']);
    expect(code('  c();\n}', { ...c, region: ['  b();'] })).toEqual(['  c();']);
  });

  it('keeps an answer that is nothing but a line from above', () => {
    expect(code('x = 1', { before: ['x = 1', 'y = 2'], region: ['x = 2'] })).toEqual(['x = 1']);
  });
});

describe('indentation', () => {
  const method = ['    def f(self):', '        if a:', '            return 1'];
  const shifted = ['    def f(self):', '        if b:', '            return 2'];

  it.each<[string, string]>([
    ['as it should be', '    def f(self):\n        if b:\n            return 2'],
    ['at the first column', 'def f(self):\n    if b:\n        return 2'],
    [
      'with the first line alone at the first column',
      'def f(self):\n        if b:\n            return 2',
    ],
    ['too far in', '        def f(self):\n            if b:\n                return 2'],
    ['with tabs', '\tdef f(self):\n\t\tif b:\n\t\t\treturn 2'],
    ['with tabs at the first column', 'def f(self):\n\tif b:\n\t\treturn 2'],
  ])('puts an answer %s where the region is', (_, text) => {
    expect(code(text, { region: method })).toEqual(shifted);
  });

  it('writes tabs where the file has tabs', () => {
    const region = ['\tif (a) {', '\t\tb();', '\t}'];
    const tabs = { language: 'go', region, indentation: { insertSpaces: false, size: 4 } };
    const expected = ['\tif (a) {', '\t\tc();', '\t}'];
    expect(code('if (a) {\n    c();\n}', tabs)).toEqual(expected);
    expect(code('if (a) {\n  c();\n}', tabs)).toEqual(expected);
    expect(code('    if (a) {\n        c();\n    }', tabs)).toEqual(expected);
    expect(code('\tif (a) {\n\t\tc();\n\t}', tabs)).toEqual(expected);
  });

  it('leaves a line that goes out on purpose', () => {
    const region = ['if a:', '    x = 1', '    y = 2'];
    expect(code('x = 1\ny = 2', { region })).toEqual(['x = 1', 'y = 2']);
    const nested = ['        if a:', '            x = 1'];
    expect(code('        x = 1', { region: nested })).toEqual(['        x = 1']);
    expect(code('x = 1', { region: nested })).toEqual(['        x = 1']);
  });

  it('leaves alignment alone where nothing is shifted', () => {
    const region = ['f(a,', '  b)'];
    expect(code('f(a,\n  b,\n   c)', { region })).toEqual(['f(a,', '  b,', '   c)']);
  });

  it('leaves everything to an instruction about indentation', () => {
    expect(code('    x = 1', { region: ['x = 1'], keepIndentation: true })).toEqual(['    x = 1']);
  });

  it('indents new lines like the line of the cursor', () => {
    const fresh = { region: ['    '], before: ['def f():'], fresh: true };
    expect(code('x = 1\nreturn x', fresh)).toEqual(['    x = 1', '    return x']);
    expect(code('    x = 1\n    return x', fresh)).toEqual(['    x = 1', '    return x']);
  });
});

describe('code left out', () => {
  const region = ['def f(a):', '    x = 1', '    y = 2', '    z = 3', '    return x'];

  it('puts back what a comment stands for', () => {
    expect(
      code('def f(a, b):\n    # ... existing code ...\n    z = 4\n    return x', { region }),
    ).toEqual(['def f(a, b):', '    # ... existing code ...', '    z = 4', '    return x']);
    expect(
      code('def f(a):\n    x = 1\n    # ... rest of the function ...\n    return x', { region }),
    ).toEqual(region);
    expect(
      code('def f(a):\n    x = 10\n    y = 2\n    # rest of the code remains unchanged', {
        region,
      }),
    ).toEqual(['def f(a):', '    x = 10', '    y = 2', '    z = 3', '    return x']);
  });

  it('keeps a comment that the region has', () => {
    const own = ['def f():', '    # ...', '    pass'];
    expect(code('def f():\n    # ...\n    return', { region: own })).toEqual([
      'def f():',
      '    # ...',
      '    return',
    ]);
  });
});

describe('streaming', () => {
  it('gives a line out as soon as it is complete', () => {
    const parser = new AnswerParser(options());
    expect(parser.push('```python\ndef f(a').lines).toEqual([]);
    expect(parser.partial).toBe('def f(a');
    expect(parser.push('):\n    ret').lines).toEqual(['def f(a):']);
    expect(parser.partial).toBe('    ret');
    expect(parser.push('urn 0\n``').lines).toEqual(['    return 0']);
    expect(parser.partial).toBeUndefined();
    expect(parser.push('`\n').lines).toEqual([]);
    expect(parser.over).toBe(true);
  });

  it('drops the line that a cut answer ends in', () => {
    const parser = new AnswerParser(options());
    parser.push('```python\ndef f(a):\n    return a +');
    expect(parser.finish('cut')).toMatchObject({ lines: [], kind: 'code' });
  });

  it('never shows half a character', () => {
    const parser = new AnswerParser(options());
    parser.push('```\nx = "🎈"\ny = "\uD83C');
    expect(parser.partial).toBe('y = "');
    parser.push('\uDF88"');
    expect(parser.partial).toBe('y = "🎈"');
  });

  const piece = fc.constantFrom(
    '```',
    '```python',
    '~~~',
    '````',
    '<think>',
    '</think>',
    '<selection>',
    'Sure, here is the code:',
    'This function is now faster than before.',
    '# ... existing code ...',
    '',
    '    ',
    'def f(a):',
    'import os',
    'class A:',
    '    return a',
    'return 1',
    '}',
    '- a point',
    'größe = "🎈"',
  );
  const answers = fc
    .tuple(
      fc.array(
        fc.oneof(
          piece,
          lines.map((some) => some.join('\n')),
        ),
        { maxLength: 14 },
      ),
      fc.constantFrom('\n', '\r\n'),
    )
    .map(([parts, eol]) => parts.join(eol));

  it('parses alike however the text is cut', () => {
    fc.assert(
      fc.property(
        answers.chain((text) => fc.tuple(fc.constant(text), chunksOf(text))),
        fc.constantFrom('python', 'markdown', 'typescript'),
        ([text, chunks], language) => {
          const partial = {
            language,
            before: ['import os', '', 'class A:'],
            after: ['', 'return 1', '}', 'x = 1'],
            markers: ['<selection>'],
          };
          expect(parse(chunks, partial)).toMatchObject({
            ...parse([text], partial),
            over: expect.any(Boolean) as boolean,
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes back nothing that it has shown of a line', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 5 }), (text, size) => {
        const parser = new AnswerParser(
          options({ markers: ['<selection>'], before: ['import os'], after: ['return 1'] }),
        );
        let shown: string | undefined;
        for (let at = 0; at < text.length; at += size) {
          const step = parser.push(text.slice(at, at + size));
          if (step.restart) {
            shown = undefined;
          }
          const next = step.lines[0] ?? parser.partial;
          if (shown !== undefined) {
            expect(next?.startsWith(shown)).toBe(true);
          }
          shown = parser.partial;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives any code back as it is when it comes in a fence', () => {
    const plain = lines.filter(
      (some) =>
        some[0]?.trim() !== '' &&
        some.at(-1)?.trim() !== '' &&
        some.length > 0 &&
        !some.join('\n').includes('`') &&
        !some.join('\n').includes('~'),
    );
    fc.assert(
      fc.property(plain, (some) => {
        expect(code('```\n' + some.join('\n') + '\n```', { region: some })).toEqual(some);
      }),
    );
  });
});
