import { balance, strayClosers } from '../brackets.js';
import { bracketsIn, type Bracket } from '../scanner.js';
import type { Filter, FilterInput } from './filter.js';

/** Cuts before a bracket that closes what the document closes already. */
export const closingBrackets: Filter = {
  name: 'closing-brackets',
  apply(input) {
    const { text, language } = input;
    const bearable = strayClosers('', input);
    if (!/[)\]}]/.test(text) || strayClosers(text, input) <= bearable) {
      return { text };
    }
    const cuts = balance(bracketsIn(text, language)).stray.map((stray) => ({
      character: stray.character,
      left: textBefore(stray, text),
    }));
    const cut = cuts.findLast(({ left }) => strayClosers(left, input) <= bearable);
    return !cut || explainedBetter(input, cut.left)
      ? { text }
      : { text: cut.left, note: `${cut.character} is closed below` };
  },
};

/** The text before a bracket; one on a line of its own takes the line with it. */
function textBefore({ offset, leads }: Bracket, text: string): string {
  const left = text.slice(0, offset);
  return leads && left.includes('\n') ? left.trimEnd() : left;
}

/** Whether the grammar has less to complain about in the whole text than in what is left. */
function explainedBetter({ text, prefix, syntax }: FilterInput, cut: string): boolean {
  const errors = (insertion: string): number | undefined =>
    syntax?.withInsertion(prefix.length, insertion, (view) => view.errors());
  const whole = errors(text);
  const left = whole === undefined ? undefined : errors(cut);
  return whole !== undefined && left !== undefined && whole < left;
}
