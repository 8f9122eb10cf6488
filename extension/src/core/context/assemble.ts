import { overlap, without } from './lines.js';
import { byUsefulness } from './ranking.js';
import { costOf, fitted, isVerbatim, part } from './snippets.js';
import type { ContextPurpose, LineRange, Snippet } from './types.js';

/**
 * Chooses from what the providers offer: nothing twice, nothing that the prompt shows anyway, never
 * more than the budget, and the most useful last.
 */

/** Lines of the document that the prompt itself shows. */
export interface Shown {
  readonly uri: string;
  readonly lines: LineRange;
}

export interface AssembleInput {
  readonly offers: readonly Snippet[];
  readonly purpose: ContextPurpose;
  /** Most characters of all snippets together, paths and separators included. */
  readonly budget: number;
  readonly shown: Shown;
  /** Chosen already: stay as they are, in front of what is added. They count for the budget. */
  readonly kept?: readonly Snippet[];
  /** Chosen the last time: where they are chosen again they keep their place at the front. */
  readonly previous?: readonly Snippet[];
}

/** What is left of a snippet must have so many lines to be worth its path. */
const LEAST = 3;
/** No snippet gets more of the budget than this, so that there is room for more than one. */
const LARGEST_SHARE = 0.5;
/** Snippets of different files that share this much of their lines are copies. */
const COPY = 0.8;

/** Returns the chosen snippets in prompt order. The same offers in any order give the same result. */
export function assemble(input: AssembleInput): readonly Snippet[] {
  const kept = input.kept ?? [];
  const chosen = [...kept];
  let room = input.budget - kept.reduce((sum, snippet) => sum + costOf(snippet), 0);
  for (const offer of byUsefulness(input.offers, input.purpose)) {
    for (const piece of piecesOf(offer, chosen, input.shown)) {
      const snippet = fitted(piece, Math.min(room, largest(offer, input)), LEAST);
      if (snippet && !chosen.some((other) => isCopy(snippet, other))) {
        chosen.push(snippet);
        room -= costOf(snippet);
      }
    }
  }
  const added = chosen.slice(kept.length).reverse();
  return [...kept, ...inPlace(added, input.previous ?? [])];
}

/** What the user named by hand may fill the budget; everything else gets a share at most. */
function largest(offer: Snippet, { budget }: AssembleInput): number {
  return offer.source === 'mentions' ? budget : budget * LARGEST_SHARE;
}

/** What is left of an offer without what is shown or chosen already. */
function piecesOf(offer: Snippet, chosen: readonly Snippet[], shown: Shown): Snippet[] {
  if (offer.text.trim() === '') {
    return [];
  }
  if (offer.kind !== 'code') {
    return [offer];
  }
  const taken = chosen
    .filter((other) => other.kind === 'code' && other.uri === offer.uri)
    .map((other) => other.lines);
  if (offer.uri === shown.uri) {
    taken.push(shown.lines);
  }
  if (!taken.some((lines) => overlap(lines, offer.lines) > 0)) {
    return [offer];
  }
  if (!isVerbatim(offer)) {
    return [];
  }
  return without(offer.lines, taken)
    .map((lines) => part(offer, lines))
    .filter((piece) => piece !== undefined)
    .filter((piece) => piece.lines.end - piece.lines.start >= LEAST);
}

/** Whether two snippets say the same, such as a file and its copy. */
function isCopy(a: Snippet, b: Snippet): boolean {
  if (a.text === b.text) {
    return true;
  }
  const [fewer, more] = [telling(a.text), telling(b.text)].sort((x, y) => x.size - y.size);
  if (!fewer || !more || fewer.size < LEAST) {
    return false;
  }
  let shared = 0;
  for (const line of fewer) {
    shared += more.has(line) ? 1 : 0;
  }
  return shared >= COPY * fewer.size;
}

/** The lines of a text that are more than a bracket. */
function telling(text: string): Set<string> {
  return new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.length > 3),
  );
}

/**
 * Puts snippets that stood at the front the last time there again, in that order, up to the first
 * that is gone: so far the engine still has the prompt in its cache.
 */
function inPlace(snippets: readonly Snippet[], previous: readonly Snippet[]): Snippet[] {
  const front: Snippet[] = [];
  for (const old of previous) {
    const again = snippets.find((snippet) => snippet.uri === old.uri && snippet.text === old.text);
    if (!again) {
      break;
    }
    front.push(again);
  }
  return [...front, ...snippets.filter((snippet) => !front.includes(snippet))];
}
