import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyFilters,
  type FilterInput,
  filters,
} from '../../../../src/core/completion/filters/index.js';

const LINES = [
  '',
  '  ',
  'x = 1',
  '    return total',
  '        total += x',
  '    for x in xs:',
  'def f(x):',
  'foo(a, b)',
  'foo(bar("a)',
  '  });',
  '}',
  '</s>',
  '```python',
  '```',
  'Here is the completed code:',
  'This code does what you asked for.',
  '<|endoftext|>',
  '"""',
  "// it's a comment",
  'import os',
  'const a = `b',
  'very very very very very very very very very very very',
  '変数 = "🎲"',
];
const text = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...LINES) }, fc.string({ maxLength: 12 })),
    {
      maxLength: 9,
    },
  )
  .map((lines) => lines.join('\n'));
const inputs: fc.Arbitrary<FilterInput> = fc
  .record({
    document: text,
    at: fc.nat(200),
    text: fc.oneof(
      text,
      fc.tuple(text, fc.nat(80)).map(([said, from]) => said.slice(from)),
    ),
    language: fc.constantFrom(
      'python',
      'typescript',
      'go',
      'ruby',
      'shellscript',
      'markdown',
      'html',
    ),
    multiline: fc.boolean(),
    ended: fc.constantFrom('stop' as const, 'length' as const, 'cut' as const),
    repeats: fc.boolean(),
  })
  .map(({ document, at, repeats, ...rest }) => {
    const prefix = document.slice(0, at);
    const suffix = document.slice(at);
    return { ...rest, prefix, suffix, text: repeats ? rest.text + suffix.slice(0, 60) : rest.text };
  });

describe('every filter', () => {
  it.each(filters.map((filter) => [filter.name, filter] as const))(
    '%s: cuts, invents nothing, and leaves its own result alone',
    (_name, filter) => {
      fc.assert(
        fc.property(inputs, (input) => {
          const before = structuredClone(input);
          const verdict = filter.apply(input);
          expect(input).toEqual(before);
          expect(filter.apply(input)).toEqual(verdict);
          if ('dropped' in verdict) {
            return;
          }
          expect(input.text).toContain(verdict.text);
          const again = filter.apply({
            ...input,
            text: verdict.text,
            suffix: input.suffix.slice(verdict.replaces ?? 0),
          });
          expect('dropped' in again ? '' : again.text).toBe(verdict.text);
        }),
        { numRuns: 400 },
      );
    },
  );

  it('is named once and after its file', () => {
    const names = filters.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^[a-z]+(?:-[a-z]+)*$/.test(name))).toBe(true);
  });
});

describe('the documentation', () => {
  it('names the filters in their order', () => {
    const file = new URL('../../../../../docs/ghost-text.md', import.meta.url);
    const table =
      /\n\| filter \|[^\n]*\n([\s\S]*?)\n\n/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    const named = [...table.matchAll(/^\| `([a-z-]+)` /gm)].map(([, name]) => name);
    expect(named).toEqual(filters.map(({ name }) => name));
  });
});

describe('all filters together', () => {
  it('cut, and say of whatever they changed which did it', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { text: left, verdicts } = applyFilters(input);
        if (left === undefined) {
          expect(verdicts.at(-1)?.dropped).toBeDefined();
          return;
        }
        expect(input.text).toContain(left);
        expect(left.trim()).not.toBe('');
        expect(left === input.text || verdicts.length > 0).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('give the filters after a replacement the suffix without it', () => {
    const { text: left, replaces } = applyFilters({
      text: 'a, b) {\n  return a + b;\n}',
      prefix: 'function add(',
      suffix: ')\n',
      language: 'typescript',
      multiline: true,
      ended: 'stop',
    });
    expect(left).toBe('a, b) {\n  return a + b;\n}');
    expect(replaces).toBe(1);
  });

  it('leave what good models say as it is', () => {
    const said = [
      ['python', 'def mean(xs):\n    ', 'return sum(xs) / len(xs)', '\n'],
      [
        'python',
        'def f(xs):\n    total = 0\n',
        '    for x in xs:\n        total += x',
        '\n    return total\n',
      ],
      ['typescript', 'const a = items.map((', 'item) => item.name', ');\n'],
      ['typescript', 'if (', 'a && b', ') {\n  c();\n}\n'],
      [
        'go',
        'func f() error {\n\tx, err := g()\n',
        '\tif err != nil {\n\t\treturn err\n\t}',
        '\n\treturn nil\n}\n',
      ],
      [
        'rust',
        'fn f(x: &str) -> String {\n    ',
        "x.chars().filter(|c| *c != '}').collect()",
        '\n}\n',
      ],
      ['java', 'class A {\n  ', 'private final int x = 1;', '\n}\n'],
      ['css', 'a {\n  ', 'color: red;', '\n}\n'],
      ['html', '<ul>\n  ', '<li>One</li>\n  <li>Two</li>', '\n</ul>\n'],
      ['markdown', '# Title\n\nSome ', 'words: and more.', '\n'],
      ['shellscript', 'for f in *; do\n  ', 'case $f in\n    a) echo 1 ;;\n  esac', '\ndone\n'],
      ['ruby', 'def f(x)\n  ', 'return 1 if x', '\nend\n'],
      ['json', '{\n  "z": 0,\n  ', '"a": [1, 2],\n  "b": {"c": 3}', '\n}\n'],
      ['sql', 'SELECT a\nFROM t\n', "WHERE b = 'it''s'\nORDER BY a", ';\n'],
    ] as const;
    for (const [language, prefix, completion, suffix] of said) {
      const left = applyFilters({
        text: completion,
        prefix,
        suffix,
        language,
        multiline: true,
        ended: 'stop',
      });
      expect(left, language).toEqual({ text: completion, replaces: 0, verdicts: [] });
    }
  });
});
