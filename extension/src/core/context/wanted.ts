import type { Position, Range } from '../text.js';
import { identifiersIn, identifiersNear, type PlacedIdentifier } from './identifiers.js';
import { importedNames } from './imports.js';

/**
 * Whose definitions to look up.
 */

const MOST_NEAR = 8;
const MOST_IMPORTED = 6;
const MOST_SELECTED = 16;
/** Of the cursor's line, what is called, a member or a type is worth looking up while typing. */
const LEAST_WEIGHT = 0.55;
const MOST_ON_LINE = 6;

export interface Wanting {
  readonly lines: readonly string[];
  readonly language: string;
  readonly position: Position;
  /** What an edit is about; its names are wanted instead of those near the cursor. */
  readonly selection?: Range;
}

/** Returns the names whose definitions may help, each once, the most promising ones first. */
export function wantedNames(wanting: Wanting): PlacedIdentifier[] {
  const { lines, language, position, selection } = wanting;
  if (selection) {
    return inSelection(lines, selection);
  }
  return once([
    ...telling(lines[position.line] ?? '', position),
    ...identifiersNear(lines, position, MOST_NEAR),
    ...importedNames(lines, language).slice(0, MOST_IMPORTED),
  ]);
}

/** Returns the names of the cursor's line that are worth looking up as soon as they stand there. */
export function telling(text: string, position: Position): PlacedIdentifier[] {
  const found = identifiersIn(text, position.line, position);
  return once(found.filter(({ weight }) => weight >= LEAST_WEIGHT)).slice(0, MOST_ON_LINE);
}

function inSelection(lines: readonly string[], selection: Range): PlacedIdentifier[] {
  const found: PlacedIdentifier[] = [];
  for (let line = selection.start.line; line <= selection.end.line; line++) {
    // Nothing is being typed: no name is half there.
    found.push(...identifiersIn(lines[line] ?? '', line, { line, character: -1 }));
  }
  return once(found.sort((a, b) => b.weight - a.weight)).slice(0, MOST_SELECTED);
}

/** Leaves the first of every name. */
function once(identifiers: readonly PlacedIdentifier[]): PlacedIdentifier[] {
  const first = new Map<string, PlacedIdentifier>();
  for (const identifier of identifiers) {
    if (!first.has(identifier.name)) {
      first.set(identifier.name, identifier);
    }
  }
  return [...first.values()];
}
