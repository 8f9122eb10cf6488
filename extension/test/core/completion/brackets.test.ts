import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balance, strayClosers } from '../../../src/core/completion/brackets.js';
import { bracketsIn, endsInside } from '../../../src/core/completion/scanner.js';
import { statementHead, statementTail } from '../../../src/core/completion/surroundings.js';

function characters(text: string, language: string): string {
  return bracketsIn(text, language)
    .map(({ character }) => character)
    .join('');
}

describe('brackets', () => {
  it.each([
    ['typescript', 'f("(", \'[\', `{${a}`, /[)}]/g) // }', '()'],
    ['typescript', 'a / (b) / c', '()'],
    ['python', 'f("""(\n(""", \'[\')  # }', '()'],
    ['python', "x = {'it\\'s': [1]}", '{[]}'],
    ['rust', "fn f<'a>(c: &'a str) { '{' }", '(){}'],
    ['c', "char a = '(', b = '\\'', c = ')'; f();", '()'],
    ['go', "x := `{`; r := '{'; f()", '()'],
    ['shellscript', 'case $x in\n  a|b) f $(date) ;;\nesac  # }', '()'],
    ['sql', "SELECT (a) -- )\nFROM t WHERE b = '('", '()'],
    ['markdown', "it's (fine) [here]", '()[]'],
    ['typescript', 'an open "string ( ends with the line\nf()', '()'],
  ])('in %s: %s', (language, text, expected) => {
    expect(characters(text, language)).toBe(expected);
  });

  it('match', () => {
    const { open, stray } = balance(bracketsIn('a(b[c) d]) {', 'typescript'));
    expect(open.map(({ offset }) => offset)).toEqual([3, 11]);
    expect(stray.map(({ offset }) => offset)).toEqual([8, 9]);
  });

  it('show by their indentation which of them is not closed', () => {
    const text = 'function f() {\n  if (a) {\n    b();\n}\n';
    const { open, stray } = balance(bracketsIn(text, 'typescript'));
    expect(open.map(({ indent }) => indent)).toEqual([2]);
    expect(stray).toEqual([]);
  });

  it('never match more closers than there are openers', () => {
    const pieces = fc.array(fc.constantFrom('(', ')', '[', ']', '{', '}', '\n', ' ', 'a', '"'));
    fc.assert(
      fc.property(pieces, (parts) => {
        const brackets = bracketsIn(parts.join(''), 'typescript');
        const { open, stray } = balance(brackets);
        expect((brackets.length - open.length - stray.length) % 2).toBe(0);
        expect(new Set([...open, ...stray]).size).toBe(open.length + stray.length);
      }),
    );
  });
});

describe('the statement around the cursor', () => {
  it('begins at the outermost line and ends before the next one', () => {
    const prefix = 'import a\n\nfunction f() {\n  if (a) {\n    ';
    expect(statementHead(prefix)).toBe('function f() {\n  if (a) {\n    ');
    expect(statementTail('b();\n  }\n}\n\nfunction g() {}\n')).toBe('b();\n  }\n}\n\n');
  });

  it('is the whole text where nothing is outermost', () => {
    expect(statementHead('  a\n  b')).toBe('  a\n  b');
    expect(statementTail('c\n  d')).toBe('c\n  d');
    expect(statementHead('')).toBe('');
    expect(statementTail('')).toBe('');
  });

  it('counts closers that are one too many', () => {
    const around = { prefix: 'foo(', suffix: ')\n', language: 'python' };
    expect(strayClosers('a', around)).toBe(0);
    expect(strayClosers('a)', around)).toBe(1);
    expect(strayClosers('a) + bar(b', around)).toBe(0);
  });
});

describe('a text that ends', () => {
  it.each([
    ['python', 'x = "abc', 'string'],
    ['python', 'x = "abc"', undefined],
    ['python', '"""Does\nit', 'string'],
    ['python', '"""Does it."""', undefined],
    ['python', '# words', 'comment'],
    ['python', '# words\n', undefined],
    ['typescript', 'a /* b', 'comment'],
    ['typescript', 'a /* b */', undefined],
    ['typescript', 'const a = `b ${', 'string'],
    ['typescript', "'", 'string'],
    ['rust', "fn f<'a", undefined],
    ['markdown', 'it"s', undefined],
  ])('in %s: %s', (language, text, expected) => {
    expect(endsInside(text, language)).toBe(expected);
  });
});
