import type { CachedChoice } from './cache.js';
import type { CursorView } from './cursor.js';
import type { Candidate } from './types.js';

/** Makes candidates of what is left of an answer where the cursor is, each text once. */
export function candidatesAt(view: CursorView, choices: readonly CachedChoice[]): Candidate[] {
  const texts = new Set<string>();
  return choices.flatMap((choice) => {
    const candidate = view.suggestion
      ? extending(view, choice, view.suggestion)
      : inserting(view, choice);
    if (candidate.text.trim() === '' || texts.has(candidate.text)) {
      return [];
    }
    texts.add(candidate.text);
    return [candidate];
  });
}

function inserting(view: CursorView, { id, text, replaces }: CachedChoice): Candidate {
  const again = view.suffix.slice(0, replaces);
  // Editors render nothing when what is replaced is not found again in what replaces it.
  return { id, text, replaceFrom: 0, replaceTo: isWithin(again, text) ? replaces : 0 };
}

/**
 * A completion that extends a selected suggestion may replace only what the suggestion does, so
 * it ends before it would say again what stands right of the cursor.
 */
function extending(
  view: CursorView,
  { id, text, replaces }: CachedChoice,
  suggestion: NonNullable<CursorView['suggestion']>,
): Candidate {
  const line = text.split('\n', 1)[0] ?? '';
  const again = replaces > 0 ? line.lastIndexOf(view.suffix.slice(0, replaces)) : text.length;
  const more = text.slice(0, Math.max(0, again));
  return {
    id,
    text: more.trim() === '' ? '' : suggestion.text + more,
    replaceFrom: suggestion.replaceFrom,
    replaceTo: suggestion.replaceTo,
  };
}

/** Whether all characters of `part` come in `text`, in their order. */
function isWithin(part: string, text: string): boolean {
  let from = 0;
  for (const character of part) {
    from = text.indexOf(character, from) + 1;
    if (from === 0) {
      return false;
    }
  }
  return true;
}
