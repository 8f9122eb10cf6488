/** Instructions that are remembered; older ones are forgotten. */
const KEPT = 50;

/**
 * Returns the history with an instruction as its newest entry. White space around it is dropped; an
 * equal one moves to the front; an empty one changes nothing.
 */
export function remember(history: readonly string[], instruction: string): readonly string[] {
  const text = instruction.trim();
  return text === ''
    ? history
    : [text, ...history.filter((other) => other !== text)].slice(0, KEPT);
}

/** Reads a history that was stored by any version: what is not a list of texts is left out. */
export function readHistory(stored: unknown): readonly string[] {
  const texts = Array.isArray(stored)
    ? stored.filter((entry): entry is string => typeof entry === 'string' && entry.trim() !== '')
    : [];
  return [...new Set(texts.map((text) => text.trim()))].slice(0, KEPT);
}
