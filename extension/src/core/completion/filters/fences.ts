import { isBlank, type TextLine, textLines } from '../lines.js';
import { isProse, quotedAt } from '../quoted.js';
import type { Filter } from './filter.js';

const FENCE = /^\s*(?:```|~~~)[\w+#.-]*\s*$/;
const GREETING =
  /^\s*(?:sure|certainly|of course|absolutely|great|okay|ok|here(?:'s|’s| is| are)|below is|the (?:completed?|missing|following|updated|corrected|code)|i(?:'ve|’ve|'ll|’ll| have| will| can)|to (?:complete|fill|finish)|you can|based on|this (?:code|function|snippet)|let's)\b.*[:.!]\s*$/i;
const FAREWELL =
  /^(?:this (?:code|function|implementation|will|is|completes)|the above|the (?:code|function)|explanation|note(?: that)?|in this|i (?:have|hope)|here,? (?:we|the)|let me know|you can|please)\b.*\s.*[.:!]\s*$/i;
/** What prose has none of. */
const CODE = /[=;{}[\]<>|\\]|\w\(|^\s*(?:\/\/|#|\*|--|import\b|from\b)/;

/**
 * Takes off what chat models put around code: Markdown fences, "Here is the code:", and
 * explanations after it. Where text for people is written, nothing is touched.
 */
export const fences: Filter = {
  name: 'fences',
  apply(input) {
    const { text, prefix, suffix, language } = input;
    if (isProse(language) || !/```|~~~|[:.!][ \t]*(?:\n|$)/.test(text)) {
      return { text };
    }
    if (hasFence(prefix) || hasFence(suffix) || quotedAt(input) !== undefined) {
      return { text };
    }
    let left: { text: string; note?: string } = { text };
    for (let next = unwrapped(text); next.text !== left.text; next = unwrapped(left.text)) {
      left = next;
    }
    return left;
  },
};

function hasFence(document: string): boolean {
  return /```|~~~/.test(document);
}

function unwrapped(text: string): { text: string; note?: string } {
  const lines = textLines(text);
  const opening = lines.findIndex(({ text: line }) => FENCE.test(line));
  return opening < 0 ? withoutChatter(lines, text) : withoutFences(lines, opening, text);
}

/** Keeps what stands between the fences, or before one that only closes. */
function withoutFences(
  lines: readonly TextLine[],
  fence: number,
  text: string,
): { text: string; note: string } {
  const opens = lines
    .slice(0, fence)
    .every(({ text: line }) => isBlank(line) || GREETING.test(line));
  if (!opens) {
    const last = lines[fence - 1];
    return { text: text.slice(0, last?.end ?? 0), note: 'cut at a Markdown fence' };
  }
  const rest = lines.slice(fence + 1);
  const closing = rest.findIndex(({ text: line }) => FENCE.test(line));
  const inside = closing < 0 ? rest : rest.slice(0, closing);
  const [first, last] = [inside[0], inside.at(-1)];
  return {
    text: first && last ? text.slice(first.start, last.end) : '',
    note: 'kept what is inside the Markdown fence',
  };
}

/** Takes a greeting off the start and a farewell, after an empty line, off the end. */
function withoutChatter(lines: readonly TextLine[], text: string): { text: string; note?: string } {
  const content = lines.findIndex(({ text: line }) => !isBlank(line));
  const greeted = isGreeting(lines, content);
  const from = greeted
    ? lines.findIndex(({ text: line }, index) => index > content && !isBlank(line))
    : 0;
  const farewell = lines.findIndex(
    ({ text: line }, index) =>
      index > from + 1 &&
      isBlank(lines[index - 1]?.text ?? '') &&
      FAREWELL.test(line) &&
      !CODE.test(line),
  );
  if (!greeted && farewell < 0) {
    return { text };
  }
  const last = farewell < 0 ? lines.at(-1) : lines[farewell - 2];
  const start = from < 0 ? text.length : (lines[from]?.start ?? 0);
  return { text: text.slice(start, last?.end), note: "took off the model's talk" };
}

/** Whether this line is said to the user, and something comes after it. */
function isGreeting(lines: readonly TextLine[], index: number): boolean {
  const line = lines[index]?.text ?? '';
  const more = lines.slice(index + 1).some(({ text }) => !isBlank(text));
  return more && GREETING.test(line) && !CODE.test(line) && line.trim().split(/\s+/).length >= 3;
}
