import { describe, expect, test } from 'vitest';
import { declarationLine } from '../../../src/core/context/declarations.js';
import { blockAt, definitionSnippet, symbolAt } from '../../../src/core/context/definition.js';

function file(text: string) {
  return { uri: 'f', path: 'src/f', lines: text.split('\n') };
}

describe('blocks', () => {
  test.each([
    ['def f(a):\n    x\n\n    y\n\nz', { start: 0, end: 4 }],
    ['function f() {\n  x;\n}\ny', { start: 0, end: 3 }],
    ['function f(\n  a,\n) {\n  x;\n}\ny', { start: 0, end: 5 }],
    ['if (a) {\n  x;\n} else {\n  y;\n}\nz', { start: 0, end: 5 }],
    ['const x = 1;\nconst y = 2;', { start: 0, end: 1 }],
    ['export const list = [\n  1,\n];\nx', { start: 0, end: 3 }],
  ])('%j', (text, lines) => {
    expect(blockAt(text.split('\n'), 0)).toEqual(lines);
  });
});

describe('definitions', () => {
  test('are whole when they are short, with the comment above', () => {
    const text = 'import x\n\n/** Adds. */\n@cached\nfunction add(a, b) {\n  return a + b;\n}\n';
    const snippet = definitionSnippet(file(text), { start: 4, end: 7 }, 1);
    expect(snippet?.text).toBe('/** Adds. */\n@cached\nfunction add(a, b) {\n  return a + b;\n}');
    expect(snippet?.lines).toEqual({ start: 2, end: 7 });
  });

  test('are cut after the head when they are long', () => {
    const body = Array.from({ length: 50 }, (_, index) => `    step(${index})`).join('\n');
    const snippet = definitionSnippet(file(`def f():\n${body}`), { start: 0, end: 51 }, 1);
    expect(snippet?.text.split('\n')).toHaveLength(12);
  });

  test('of long types show how the members begin', () => {
    const method = (name: string): string =>
      `  ${name}(a) {\n${'    work(a);\n'.repeat(9)}    done();\n  }\n`;
    const text = `class Tank {\n  level = 0;\n${method('fill')}${method('drain')}${method('seal')}}`;
    const members = [2, 14, 26].map((start) => ({
      name: 'm',
      lines: { start, end: start + 12 },
      children: [],
    }));
    const snippet = definitionSnippet(file(text), { start: 0, end: 39 }, 1, members);
    expect(snippet?.text).toContain('class Tank {\n  level = 0;\n  fill(a) {\n    work(a);');
    expect(snippet?.text).toContain('\n  drain(a) {');
    expect(snippet?.text.endsWith('\n}')).toBe(true);
    expect(snippet?.text).not.toContain('done');
    expect(snippet?.lines).toEqual({ start: 0, end: 39 });
  });

  test('never have more than their share of characters', () => {
    const members = Array.from({ length: 300 }, (_, index) => ({
      name: 'm',
      lines: { start: index * 2, end: index * 2 + 2 },
      children: [],
    }));
    const text = Array.from({ length: 600 }, (_, index) => `  member_${index}() {}`).join('\n');
    const snippet = definitionSnippet(file(text), { start: 0, end: 600 }, 1, members);
    expect(snippet?.text.length).toBeLessThanOrEqual(2_000);
  });
});

test('the innermost symbol at a line is found', () => {
  const inner = { name: 'inner', lines: { start: 5, end: 8 }, children: [] };
  const outer = { name: 'outer', lines: { start: 2, end: 20 }, children: [inner] };
  expect(symbolAt([outer], 6)?.name).toBe('inner');
  expect(symbolAt([outer], 12)?.name).toBe('outer');
  expect(symbolAt([outer], 30)).toBeUndefined();
});

describe('declarations', () => {
  test.each([
    ['x = 1\nasync def load(path):', 'load', 1],
    ['class Load:\n  pass', 'Load', 0],
    ['load()\nexport async function load(path) {', 'load', 1],
    ['export default class Load {}', 'Load', 0],
    ['use load;\npub(crate) fn load(path: &str) {', 'load', 1],
    ['func (s *Server) Load(path string) {', 'Load', 0],
    ['export const load = async () => {', 'load', 0],
    ['LIMIT = 10', 'LIMIT', 0],
    ['limit: int = 10', 'limit', 0],
    ['#define LOAD(x) (x)', 'LOAD', 0],
    ['interface Load {\n}', 'Load', 0],
    ['  def load(self):\n\ndef load():', 'load', 2],
    ['load(1)\nx = load == y', 'load', undefined],
    ['def loader():', 'load', undefined],
    ['const $load = 1', '$load', 0],
    ['anything', '(', undefined],
  ])('%j declares %s at %s', (text, name, line) => {
    expect(declarationLine(text.split('\n'), name)).toBe(line);
  });
});
