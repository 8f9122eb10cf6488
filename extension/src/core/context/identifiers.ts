import type { Position } from '../text.js';

/**
 * Identifiers in code, read without a grammar: words of letters, digits, `_` and `$`.
 */

const WORD = /[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/g;
const PARTS = /[A-Z]?[a-z\u0080-\uffff]+|[A-Z]+(?![a-z])|\d+/g;
const SHORTEST = 3;

/** Words that say nothing about what a piece of code is about, in any language. */
const COMMON = new Set(
  (
    'abstract and any args array assert async await bool boolean break byte case catch char class ' +
    'const continue debugger def default defer del delete double elif else end ensure enum error ' +
    'except export extends false final finally float for foreach from func function get global go ' +
    'goto i32 i64 if impl implements import in include instanceof int integer interface internal ' +
    'is isinstance lambda len let list long loop map match mod module mut namespace new nil none ' +
    'not null number object of operator or package pass print private protected pub public raise ' +
    'range readonly ref require return satisfies sealed self set short signed sizeof static str ' +
    'string struct super switch template then this throw throws trait true try tuple type typedef ' +
    'typeof u32 u64 undefined union unit unless unsafe unsigned until use using usize val value ' +
    'var virtual void when where while with yield'
  ).split(' '),
);

/**
 * Returns what a line speaks about: its identifiers in lower case, and the words they are made of
 * (`parseDuration` gives `parseduration`, `parse` and `duration`). Common words are left out.
 */
export function wordsOf(line: string): string[] {
  const found: string[] = [];
  for (const [word] of line.matchAll(WORD)) {
    const whole = word.toLowerCase();
    if (whole.length < SHORTEST || COMMON.has(whole)) {
      continue;
    }
    found.push(whole);
    const parts = word.match(PARTS) ?? [];
    if (parts.length > 1) {
      for (const part of parts) {
        const lower = part.toLowerCase();
        if (lower.length >= SHORTEST && !COMMON.has(lower)) {
          found.push(lower);
        }
      }
    }
  }
  return found;
}

/** An identifier where it stands in a document. */
export interface PlacedIdentifier {
  readonly name: string;
  readonly position: Position;
  /** How much its definition would tell, from 0 to 1: near the cursor, called, or a type. */
  readonly weight: number;
  /** Belongs to something, as a method does: other things may have one of that name. */
  readonly isMember: boolean;
}

/** How far around the cursor identifiers are looked for, in lines. */
const ABOVE = 16;
const BELOW = 3;

/**
 * Returns the identifiers near the cursor whose definitions may help, the most promising first,
 * each once. The one that the cursor touches is still being typed and is left out. Comments and
 * strings are skipped as far as a line by itself tells.
 */
export function identifiersNear(
  lines: readonly string[],
  cursor: Position,
  limit: number,
): PlacedIdentifier[] {
  const best = new Map<string, PlacedIdentifier>();
  const first = Math.max(0, cursor.line - ABOVE);
  const last = Math.min(lines.length - 1, cursor.line + BELOW);
  for (let line = first; line <= last; line++) {
    for (const found of identifiersIn(lines[line] ?? '', line, cursor)) {
      const known = best.get(found.name);
      if (!known || found.weight > known.weight) {
        best.set(found.name, found);
      }
    }
  }
  return [...best.values()].sort(byWeight).slice(0, limit);
}

/** Returns the identifiers of one line, as `identifiersNear` does. */
export function identifiersIn(text: string, line: number, cursor: Position): PlacedIdentifier[] {
  const found: PlacedIdentifier[] = [];
  const code = withoutProse(text);
  for (const match of code.matchAll(WORD)) {
    const name = match[0];
    const start = match.index;
    const end = start + name.length;
    const touched = line === cursor.line && start <= cursor.character && cursor.character <= end;
    if (touched || name.length < SHORTEST || COMMON.has(name.toLowerCase())) {
      continue;
    }
    const weight = nearness(line, cursor.line) * kindWeight(code, name, start, end);
    const isMember = /(?:\.|->|::)$/.test(code.slice(0, start));
    found.push({ name, position: { line, character: start }, weight, isMember });
  }
  return found;
}

function byWeight(a: PlacedIdentifier, b: PlacedIdentifier): number {
  return (
    b.weight - a.weight ||
    b.position.line - a.position.line ||
    a.position.character - b.position.character
  );
}

/** Lines above the cursor matter more than those below. */
function nearness(line: number, cursor: number): number {
  const distance = line <= cursor ? cursor - line : 2 * (line - cursor);
  return 1 / (1 + distance / 8);
}

function kindWeight(code: string, name: string, start: number, end: number): number {
  if (
    /(?:\b(?:def|class|function|fn|func|interface|struct|enum|type)\s+)$/.test(code.slice(0, start))
  ) {
    return 0.2; // It is defined here, so its definition tells nothing new.
  }
  if (/^\s*(?:<[^<>]*>)?\(/.test(code.slice(end))) {
    return 1;
  }
  if (/^[A-Z]/.test(name)) {
    return 0.9;
  }
  return code[start - 1] === '.' ? 0.6 : 0.5;
}

/** Blanks out strings and a comment at the end, keeping every other character where it is. */
function withoutProse(line: string): string {
  return line
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, (text) => ' '.repeat(text.length))
    .replace(/(?:\/\/|(?:^|\s)#(?!\s*(?:include|define|if|endif)\b)|^\s*\*|^\s*--\s).*$/, (text) =>
      ' '.repeat(text.length),
    );
}
