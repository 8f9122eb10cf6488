/** Token counts without a tokenizer: on the safe side for code in any model's vocabulary. */

/** Characters of a token; code has 3.0 to 3.6 with the vocabularies of 2024 and later. */
const CHARACTERS_PER_TOKEN = 3;

/**
 * Returns about how many tokens a text has, rather too many than too few. Characters outside
 * ASCII count as one each.
 */
export function estimateTokens(text: string): number {
  const others = text.length - text.replace(/[^\0-\x7f]/g, '').length;
  return Math.ceil((text.length - others) / CHARACTERS_PER_TOKEN) + others;
}

/** Returns the lines nearest to the region, at most `lines` and `tokens` of them, in order. */
export function nearest(
  text: readonly string[],
  side: 'before' | 'after',
  lines: number,
  tokens: number,
): string[] {
  const taken: string[] = [];
  let left = tokens;
  for (let index = 0; index < Math.min(lines, text.length); index++) {
    const line = (side === 'before' ? text[text.length - 1 - index] : text[index]) ?? '';
    left -= estimateTokens(line) + 1;
    if (left < 0) {
      break;
    }
    taken.push(line);
  }
  return side === 'before' ? taken.reverse() : taken;
}
