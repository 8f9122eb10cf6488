/** What the prompt of an edit offers below its input. Pure. */

/** A line of the prompt. `submit` is always there and always first: what was typed goes. */
export type PromptChoice =
  | { readonly kind: 'submit'; readonly text: string }
  | { readonly kind: 'offer'; readonly id: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'history'; readonly text: string };

export interface PromptQuestion {
  readonly typed: string;
  /** Earlier instructions, newest first. */
  readonly history: readonly string[];
  /** What can be had without typing, such as fixing the problem at the cursor. */
  readonly offers: readonly string[];
  /** Files that the mention being typed may mean, the likeliest first; empty when none is. */
  readonly files: readonly string[];
}

export interface PromptChoices {
  readonly choices: readonly PromptChoice[];
  /** The choice that Enter takes. */
  readonly active: number;
}

const MOST_FILES = 12;
const MOST_HISTORY = 20;

/** Returns the choices in order. A mention in the making is completed before anything is sent. */
export function promptChoices(question: PromptQuestion): PromptChoices {
  const { typed, history, offers, files } = question;
  const text = typed.trim();
  const mentioned = files
    .slice(0, MOST_FILES)
    .map((path): PromptChoice => ({ kind: 'file', path }));
  const offered = text === '' ? offers.map((id): PromptChoice => ({ kind: 'offer', id })) : [];
  const earlier = history
    .filter((entry) => entry !== text && holdsWords(entry, text))
    .slice(0, MOST_HISTORY)
    .map((entry): PromptChoice => ({ kind: 'history', text: entry }));
  return {
    choices: [
      { kind: 'submit', text },
      ...offered,
      ...mentioned,
      ...(mentioned.length > 0 ? [] : earlier),
    ],
    active: mentioned.length > 0 || offered.length > 0 ? 1 : 0,
  };
}

function holdsWords(entry: string, typed: string): boolean {
  const lower = entry.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
