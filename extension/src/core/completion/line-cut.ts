import { cursorLine, isBlank } from './lines.js';

/**
 * Returns where the one line of a single-line completion ends; undefined while it goes on. At a
 * line's end the completion may begin with a line break: what comes is then the next line.
 */
export function lineCut(text: string, suffix: string): number | undefined {
  const { after } = cursorLine('', suffix);
  const from = isBlank(after) ? text.length - text.trimStart().length : 0;
  const end = text.indexOf('\n', from);
  return end < 0 ? undefined : end;
}
