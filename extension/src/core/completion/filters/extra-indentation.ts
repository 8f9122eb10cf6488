import { balance } from '../brackets.js';
import { bracketsIn } from '../scanner.js';
import { statementHead } from '../surroundings.js';
import { cursorLine, indentWidth, isBlank, lineAbove } from '../lines.js';
import { opensBlock } from '../openers.js';
import { quotedAt } from '../quoted.js';
import type { Filter, FilterInput } from './filter.js';

/** Languages in which only a block, a bracket or a statement that goes on is indented further. */
const STRICT = new Set([
  'c',
  'cpp',
  'csharp',
  'dart',
  'go',
  'java',
  'javascript',
  'javascriptreact',
  'kotlin',
  'php',
  'python',
  'rust',
  'swift',
  'typescript',
  'typescriptreact',
]);

/**
 * Takes indentation off the start when the cursor's empty line has it already: models that were
 * not trained to fill in answer with whole lines.
 */
export const extraIndentation: Filter = {
  name: 'extra-indentation',
  apply(input) {
    const { text } = input;
    const extra = /^[ \t]+(?=[\w@#"'$])/.exec(text)?.[0].length ?? 0;
    return extra > 0 && isIndentedAlready(input)
      ? { text: text.slice(extra), note: 'took off indentation that the line has already' }
      : { text };
  },
};

/** Whether the cursor stands as deep as a statement can begin here. */
function isIndentedAlready(input: FilterInput): boolean {
  const { prefix, language, tabSize } = input;
  const { before } = cursorLine(prefix, '');
  const above = lineAbove(prefix);
  if (before === '' || !isBlank(before) || above === undefined || !STRICT.has(language)) {
    return false;
  }
  const depth = indentWidth(before, tabSize) - indentWidth(above, tabSize);
  if (opensBlock(above, language) || above.trimEnd().endsWith(':') ? depth <= 0 : depth < 0) {
    return false;
  }
  const { open } = balance(bracketsIn(statementHead(prefix), language, tabSize));
  const inBrackets = open.some(({ character }) => character !== '{');
  const goesOn = /[-+*/%=<>&|^~?,.\\]\s*$/.test(above);
  return !inBrackets && !goesOn && quotedAt(input) === undefined;
}
