import { lineAfter, type CursorView } from './cursor.js';

/** Most characters around the cursor that go into a prompt. */
export interface WindowBudget {
  readonly prefix: number;
  readonly suffix: number;
}

export interface PromptWindow {
  readonly prefix: string;
  readonly suffix: string;
}

/** Characters of a token, at least, in nearly all code. */
const CHARACTERS_PER_TOKEN = 3;
const LONGEST_PREFIX = 9_000;
/** What is after the cursor's line is computed anew at every keystroke, so it is kept short. */
const LONGEST_SUFFIX = 1_600;
/**
 * Lines by which the beginning of the window moves. While it stands still, so does the head of the
 * prompt, and the engine finds all of it but the end in its prefix cache; when it moves, the whole
 * prompt is computed anew. Thus rarely, and then far.
 */
const STEPS = [64, 16, 4, 1];
/** Characters by which it moves inside a line that is longer than the window. */
const CHARACTER_STEP = 1_024;
/** This much right below the cursor's line must be as it was for the frozen suffix to be used. */
const FROZEN_NEAR = 400;

/** Shares a model's context between what is before and after the cursor; the rest is for files. */
export function windowBudget(contextLength: number | undefined, maxTokens: number): WindowBudget {
  const room =
    contextLength === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(256, contextLength - maxTokens) * CHARACTERS_PER_TOKEN;
  return {
    prefix: Math.min(LONGEST_PREFIX, Math.floor(room * 0.6)),
    suffix: Math.min(LONGEST_SUFFIX, Math.floor(room * 0.15)),
  };
}

/** Cuts prompts out of documents so that what is sent changes as little as possible. */
export class PromptWindows {
  #frozen: { uri: string; line: number; below: string } | undefined;

  /**
   * Cuts out what is sent. While the same line is being typed, everything below it is sent as it
   * was at first, unless the lines right below it changed.
   */
  cut(view: CursorView, budget: WindowBudget): PromptWindow {
    const right = lineAfter(view);
    const fresh = linesWithin(view.suffix.slice(right.length), budget.suffix);
    const frozen = this.#frozen;
    const same =
      frozen?.uri === view.uri &&
      frozen.line === view.line &&
      frozen.below.slice(0, FROZEN_NEAR) === fresh.slice(0, FROZEN_NEAR);
    const below = same ? frozen.below : fresh;
    if (!same) {
      this.#frozen = { uri: view.uri, line: view.line, below };
    }
    return { ...cutPrefix(view, budget), suffix: right + below };
  }

  /** Cuts as `cut` does, without remembering: for places where the cursor may come to stand. */
  peek(view: CursorView, budget: WindowBudget): PromptWindow {
    const right = lineAfter(view);
    return {
      ...cutPrefix(view, budget),
      suffix: right + linesWithin(view.suffix.slice(right.length), budget.suffix),
    };
  }
}

function cutPrefix(view: CursorView, budget: WindowBudget): { prefix: string } {
  return { prefix: view.prefix.slice(windowStart(view.prefix, view.line, budget.prefix)) };
}

/** Returns where the window begins in the text before the cursor, which is in line `line`. */
export function windowStart(prefix: string, line: number, budget: number): number {
  if (prefix.length <= budget) {
    return 0;
  }
  const earliest = prefix.length - budget;
  const latest = prefix.length - budget / 2;
  const starts = new Map<number, number>();
  let start = prefix.lastIndexOf('\n') + 1;
  for (let number = line; start >= earliest && start > 0; number--) {
    const step = STEPS.find((size) => number % size === 0);
    if (step !== undefined && start <= latest) {
      starts.set(step, start);
    }
    start = prefix.lastIndexOf('\n', start - 2) + 1;
  }
  const found = STEPS.map((step) => starts.get(step)).find((at) => at !== undefined);
  return found ?? betweenCharacters(prefix, stepAfter(earliest, budget));
}

function stepAfter(earliest: number, budget: number): number {
  const step = Math.max(1, Math.min(CHARACTER_STEP, Math.floor(budget / 4)));
  return Math.ceil(earliest / step) * step;
}

/** Moves an offset out of the middle of a character that takes two code units. */
function betweenCharacters(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}

/** Returns whole lines from the beginning of a text, as many as fit, or what fits of the first. */
function linesWithin(text: string, budget: number): string {
  if (text.length <= budget) {
    return text;
  }
  const end = text.lastIndexOf('\n', budget - 1);
  return text.slice(0, end > 0 ? end : betweenCharacters(text, budget));
}
