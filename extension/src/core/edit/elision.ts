import type { LineStage } from './line-stage.js';
import { weightOf } from './similarity.js';

const COMMENT = /^(?:#|\/\/|--|;|%|\/\*|<!--|\{\/\*)\s*(.*?)\s*(?:\*\/\}?|-->)?$/;
const DOTS = /^\(?(?:\.{3}|…).*$|^.*(?:\.{3}|…)\)?$/;
const LEFT_OUT =
  /\b(?:rest|existing|remaining|remains?|unchanged|same|previous|other|omitted|original|before|above|here)\b/i;
const PHRASE =
  /^(?:the )?(?:(?:rest|remainder) of|existing|unchanged|remaining|previous|other) (?:\w+ )*?(?:code|lines?|functions?|methods?|class|file|implementation|logic)\b/i;

/**
 * Puts back what a model left out with a comment such as `// ... existing code ...`: the region's
 * lines from where the answer is up to the line that comes next.
 */
export class Elision implements LineStage {
  readonly #region: readonly string[];
  readonly #own: ReadonlySet<string>;
  /** The region's line after the last one that the answer repeated. */
  #position = 0;
  /** The comment and empty lines after it, until the next line tells how much it stands for. */
  #held: string[] = [];

  constructor(region: readonly string[]) {
    this.#region = region;
    this.#own = new Set(region.map((line) => line.trim()));
  }

  push(line: string): string[] {
    const text = line.trim();
    if (this.#held.length > 0) {
      if (text === '') {
        this.#held.push(line);
        return [];
      }
      return [...this.#fill(text), ...this.push(line)];
    }
    if (isElision(text) && !this.#own.has(text)) {
      this.#held.push(line);
      return [];
    }
    this.#follow(text);
    return [line];
  }

  finish(): string[] {
    const held = this.#held;
    const rest = this.#region.slice(this.#position);
    this.#held = [];
    return held.length > 0 && rest.length > 0 ? rest : held;
  }

  partial(text: string): string | undefined {
    const comment = /^\s*(?:#|\/\/|--|;|%|\/\*|<!--|\{\/\*|\.|…)/.test(text);
    return this.#held.length > 0 || comment ? undefined : text;
  }

  /** Returns what the comment stands for, given the line after it; the comment if for nothing. */
  #fill(next: string): string[] {
    const held = this.#held;
    this.#held = [];
    const end = this.#find(next);
    if (end <= this.#position) {
      return held;
    }
    const lines = this.#region.slice(this.#position, end);
    this.#position = end;
    return lines;
  }

  #follow(text: string): void {
    if (weightOf(text) === 'strong') {
      const at = this.#find(text);
      this.#position = at < 0 ? this.#position : at + 1;
    } else if (this.#region[this.#position]?.trim() === text) {
      this.#position++;
    }
  }

  #find(text: string): number {
    return this.#region.findIndex((line, at) => at >= this.#position && line.trim() === text);
  }
}

/** Whether a line is a comment that stands for code left out. */
function isElision(text: string): boolean {
  const words = COMMENT.exec(text)?.[1];
  if (words === undefined) {
    return false;
  }
  return (
    /^(?:\.{3}|…)$/.test(words) || PHRASE.test(words) || (DOTS.test(words) && LEFT_OUT.test(words))
  );
}
