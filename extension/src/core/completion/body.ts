import type { Surroundings } from './surroundings.js';
import { cursorLine, indentWidth, lineAbove, lineBelow } from './lines.js';
import { continuesStatement, opensBlock, startsDefinition } from './openers.js';

/**
 * Whether what stands below is more of the block that the cursor's line belongs to, and nothing
 * with a name of its own. At a block's end, and in one that has nothing in it yet, it is not.
 */
export function goesOnBelow({ prefix, suffix, language, tabSize }: Surroundings): boolean {
  const below = lineBelow(suffix);
  if (below === undefined || continuesStatement(below) || startsDefinition(below, true)) {
    return false;
  }
  const above = lineAbove(prefix) ?? '';
  const depth = indentWidth(below, tabSize);
  const inBody = !opensBlock(above, language) || depth > indentWidth(above, tabSize);
  return inBody && depth >= indentWidth(cursorLine(prefix, '').before, tabSize);
}
