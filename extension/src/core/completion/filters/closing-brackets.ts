import { balance, strayClosers } from '../brackets.js';
import { bracketsIn } from '../scanner.js';
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
    const candidates = balance(bracketsIn(text, language)).stray;
    const stray = candidates.findLast(
      ({ offset }) => strayClosers(text.slice(0, offset), input) <= bearable,
    );
    if (!stray) {
      return { text };
    }
    // A bracket on a line of its own takes the line with it.
    const kept = text.slice(0, stray.offset);
    const cut = stray.leads && kept.includes('\n') ? kept.trimEnd() : kept;
    return explainedBetter(input, cut)
      ? { text }
      : { text: cut, note: `${stray.character} is closed below` };
  },
};

/** Whether the grammar has less to complain about in the whole text than in what is left. */
function explainedBetter({ text, prefix, syntax }: FilterInput, cut: string): boolean {
  const errors = (insertion: string): number | undefined =>
    syntax?.withInsertion(prefix.length, insertion, (view) => view.errors());
  const whole = errors(text);
  const left = whole === undefined ? undefined : errors(cut);
  return whole !== undefined && left !== undefined && whole < left;
}
