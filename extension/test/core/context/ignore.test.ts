import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globExpression } from '../../../src/core/context/glob.js';
import { IgnoreRules } from '../../../src/core/context/ignore.js';

function rules(
  files: Readonly<Record<string, string>>,
  hidden: readonly string[] = [],
): IgnoreRules {
  const result = new IgnoreRules();
  for (const [folder, content] of Object.entries(files)) {
    result.setFile(folder, content);
  }
  result.setHidden(hidden);
  return result;
}

describe('globs', () => {
  test.each([
    ['**/.git', '.git', true],
    ['**/.git', 'a/b/.git', true],
    ['**/.git', 'a/.github', false],
    ['*.pyc', 'x.pyc', true],
    ['*.pyc', 'a/x.pyc', false],
    ['**/*.pyc', 'a/x.pyc', true],
    ['build/', 'build', true],
    ['/build', 'build', true],
    ['./build', 'build', true],
    ['src/**', 'src/a/b.ts', true],
    ['src/**/b.ts', 'src/b.ts', true],
    ['src/**/b.ts', 'src/x/y/b.ts', true],
    ['**/*.{js,map}', 'dist/a.map', true],
    ['**/*.{js,d.{ts,mts}}', 'dist/a.d.mts', true],
    ['**/*.{js,map}', 'dist/a.ts', false],
    ['file?.txt', 'file1.txt', true],
    ['file?.txt', 'file/.txt', false],
    ['log[0-9].txt', 'log7.txt', true],
    ['log[!0-9].txt', 'log7.txt', false],
    ['log[!0-9].txt', 'logx.txt', true],
    ['a+b(c).txt', 'a+b(c).txt', true],
    ['a.txt', 'abtxt', false],
    ['{open', '{open', true],
    ['**', 'any/thing', true],
    ['a**b', 'axyzb', true],
  ])('%s against %s: %s', (pattern, path, matches) => {
    expect(globExpression(pattern)?.test(path)).toBe(matches);
  });

  test('that are broken give nothing, whatever they are', () => {
    expect(globExpression('[z-a]')).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), fc.string(), (pattern, path) => {
        globExpression(pattern)?.test(path);
      }),
    );
  });
});

describe('ignored files', () => {
  test('are named by the ignore file of the workspace', () => {
    const { excludes } = bound(
      rules({ '': 'secrets/\n*.pem\n!public.pem\n/only-here.txt\n# note' }),
    );
    expect(excludes('secrets/key.txt')).toBe(true);
    expect(excludes('deep/secrets/key.txt')).toBe(true);
    expect(excludes('server.pem')).toBe(true);
    expect(excludes('certificates/public.pem')).toBe(false);
    expect(excludes('only-here.txt')).toBe(true);
    expect(excludes('sub/only-here.txt')).toBe(false);
    expect(excludes('src/main.py')).toBe(false);
  });

  test('are named by nested ignore files, the nearest one first', () => {
    const { excludes } = bound(rules({ '': '*.csv', 'data/public': '!*.csv', src: 'generated' }));
    expect(excludes('data/a.csv')).toBe(true);
    expect(excludes('data/public/a.csv')).toBe(false);
    expect(excludes('src/generated/api.ts')).toBe(true);
    expect(excludes('generated/api.ts')).toBe(false);
  });

  test('stay ignored in an ignored folder, whatever stands in it', () => {
    const { excludes } = bound(rules({ '': 'private/', private: '!*' }));
    expect(excludes('private/a.txt')).toBe(true);
  });

  test('are those that the editor hides, with all that is in hidden folders', () => {
    const { excludes } = bound(rules({}, ['**/node_modules', '**/*.map', '[z-a]']));
    expect(excludes('web/node_modules/x/index.js')).toBe(true);
    expect(excludes('web/a.map')).toBe(true);
    expect(excludes('web/a.ts')).toBe(false);
  });

  test('change with their ignore file', () => {
    const some = rules({ '': '*.txt' });
    expect(some.excludes('a.txt')).toBe(true);
    some.setFile('', '*.md');
    expect(some.excludes('a.txt')).toBe(false);
    some.setFile('', undefined);
    expect(some.excludes('a.md')).toBe(false);
    some.setHidden(['*.md']);
    expect(some.excludes('a.md')).toBe(true);
  });

  test('are none outside the folder', () => {
    const { excludes } = bound(rules({ '': '*' }));
    expect(excludes('../elsewhere.txt')).toBe(false);
    expect(excludes('')).toBe(false);
  });

  test('are found for any path and any rules without failing', () => {
    const anyPath = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.string(), anyPath, (content, parts) => {
        expect(typeof rules({ '': content }).excludes(parts.join('/'))).toBe('boolean');
      }),
    );
  });

  test('in a folder that is ignored are all ignored', () => {
    const anyName = fc.stringMatching(/^[a-z]{1,3}$/);
    fc.assert(
      fc.property(anyName, fc.array(anyName, { minLength: 1, maxLength: 4 }), (folder, rest) => {
        expect(rules({ '': `${folder}/` }).excludes([folder, ...rest].join('/'))).toBe(true);
      }),
    );
  });
});

function bound(some: IgnoreRules): { excludes: (path: string) => boolean } {
  return { excludes: (path) => some.excludes(path) };
}
