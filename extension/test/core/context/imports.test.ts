import { describe, expect, test } from 'vitest';
import { importedNames, importsOf } from '../../../src/core/context/imports.js';

function first(line: string, language: string, path = 'app/web/views.py'): string[][] {
  return importsOf([line], language, path).map((candidates) => candidates.slice(0, 4));
}

describe('imports of Python', () => {
  test('are looked for beside the file and above it', () => {
    expect(importsOf(['import shop.prices as p'], 'python', 'app/web/views.py')).toEqual([
      [
        'app/web/shop/prices.py',
        'app/web/shop/prices/__init__.py',
        'app/shop/prices.py',
        'app/shop/prices/__init__.py',
        'shop/prices.py',
        'shop/prices/__init__.py',
        'src/shop/prices.py',
        'src/shop/prices/__init__.py',
      ],
    ]);
  });

  test('follow the dots, and may name a module of a package', () => {
    expect(first('from ..core import money, dates as d', 'python')).toEqual([
      ['app/core.py', 'app/core/__init__.py'],
      ['app/core/money.py', 'app/core/money/__init__.py'],
      ['app/core/dates.py', 'app/core/dates/__init__.py'],
    ]);
    expect(first('from . import forms', 'python')).toEqual([
      ['app/web/forms.py', 'app/web/forms/__init__.py'],
    ]);
  });
});

describe('imports of scripts', () => {
  test('are relative paths with every usual ending', () => {
    const found = first("import { a } from '../lib/dates.js';", 'typescript', 'src/app/main.ts');
    expect(found).toEqual([
      ['src/lib/dates.ts', 'src/lib/dates.tsx', 'src/lib/dates.js', 'src/lib/dates.jsx'],
    ]);
    expect(importsOf(["const x = require('./x')"], 'javascript', 'a.js')[0]).toContain(
      'x/index.js',
    );
    expect(first("import data from './data.json'", 'typescript', 'a.ts')[0]?.[0]).toBe('data.json');
  });

  test('of packages, and of what lies outside, are none', () => {
    expect(first("import fs from 'node:fs'", 'typescript')).toEqual([]);
    expect(first("import x from '../../x'", 'typescript', 'a/b.ts')).toEqual([]);
  });
});

test('includes of C are looked for beside the file and in the usual folder', () => {
  expect(first('#include "util/list.h"', 'cpp', 'src/main.cpp')).toEqual([
    ['src/util/list.h', 'util/list.h', 'include/util/list.h'],
  ]);
  expect(first('#include <vector>', 'cpp')).toEqual([]);
});

test('other languages have none', () => {
  expect(first('import a.b.C;', 'java')).toEqual([]);
});

describe('imported names', () => {
  const placed = (text: string, language: string): string[] => {
    const lines = text.split('\n');
    return importedNames(lines, language).map(({ name, position }) => {
      expect(lines[position.line]?.slice(position.character)).toMatch(new RegExp(`^${name}\\b`));
      return name;
    });
  };

  test('of scripts are those from files of the project', () => {
    const text = [
      "import fs, { readFile } from 'node:fs';",
      "import { first, type Second, third as other } from './a.js';",
      'import type {',
      '  Fourth,',
      '  fifth,',
      "} from '../b.js';",
    ].join('\n');
    const names = ['fifth', 'Fourth', 'third', 'Second', 'first'];
    expect(placed(text, 'typescript')).toEqual(names);
  });

  test('of Python are found in one line and in parentheses', () => {
    const text =
      'from a.b import first, second as other\nfrom . import (\n    third,\n    fourth,\n)\n';
    expect(placed(text, 'python')).toEqual(['fourth', 'third', 'second', 'first']);
  });

  test('of other languages are none', () => {
    expect(placed('from a import b', 'plaintext')).toEqual([]);
  });
});
