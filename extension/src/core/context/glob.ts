/**
 * The editor's glob patterns, as settings such as `files.exclude` have them: `*` and `?` within a
 * path segment, `**` across segments, `{a,b}` for alternatives, `[a-z]` and `[!a-z]` for characters.
 */

/** Returns what matches the paths that a pattern matches; undefined for a pattern that is broken. */
export function globExpression(pattern: string): RegExp | undefined {
  const body = translate(pattern.replace(/^\.?\//, '').replace(/\/+$/, ''));
  try {
    return new RegExp(`^${body}$`);
  } catch {
    return undefined;
  }
}

function translate(glob: string): string {
  let result = '';
  let index = 0;
  while (index < glob.length) {
    const [expression, length] = nextToken(glob, index);
    result += expression;
    index += length;
  }
  return result;
}

/** Returns the expression for what stands at an index, and how many characters that is. */
function nextToken(glob: string, index: number): Token {
  const rest = glob.slice(index);
  const atStart = index === 0 || glob[index - 1] === '/';
  return (
    stars(rest, atStart) ??
    characterSet(rest) ??
    choice(rest) ?? [rest.startsWith('?') ? '[^/]' : escaped(rest.charAt(0)), 1]
  );
}

type Token = [expression: string, length: number];

function stars(rest: string, atStart: boolean): Token | undefined {
  if (atStart && rest.startsWith('**/')) {
    return ['(?:[^/]+/)*', 3];
  }
  if (atStart && rest === '**') {
    return ['.*', 2];
  }
  const found = /^\*+/.exec(rest);
  return found ? ['[^/]*', found[0].length] : undefined;
}

function characterSet(rest: string): Token | undefined {
  const set = /^\[([!^]?)([^\]/]+)\]/.exec(rest);
  if (!set) {
    return undefined;
  }
  const [whole, negated = '', characters = ''] = set;
  const safe = characters.replace(/[\\^[]/g, '\\$&');
  return [`(?!/)[${negated === '' ? '' : '^'}${safe}]`, whole.length];
}

function choice(rest: string): Token | undefined {
  const end = rest.startsWith('{') ? closingBrace(rest) : -1;
  if (end < 0) {
    return undefined;
  }
  const choices = alternatives(rest.slice(1, end)).map(translate);
  return [`(?:${choices.join('|')})`, end + 1];
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}

function closingBrace(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    depth += text[index] === '{' ? 1 : text[index] === '}' ? -1 : 0;
    if (depth === 0) {
      return index;
    }
  }
  return -1;
}

/** Splits at the commas that stand in no inner braces. */
function alternatives(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of text) {
    depth += character === '{' ? 1 : character === '}' ? -1 : 0;
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      part += character;
    }
  }
  return [...parts, part];
}
