/**
 * Blocks of search and replace, as models that are told so write them:
 *
 *     <<<<<<< SEARCH
 *     lines as they are
 *     =======
 *     lines as they are to be
 *     >>>>>>> REPLACE
 */

const SEARCH = /^\s*<{5,9} ?(?:SEARCH|ORIGINAL|HEAD)\b.*$/;
const DIVIDER = /^\s*={5,9}\s*$/;
const BARE_FENCE = /^\s*(?:`{3,}|~{3,})\s*$/;
const REPLACE = /^\s*>{5,9} ?(?:REPLACE|UPDATED)\b.*$/;
/** The beginning of any of these lines. */
const MARKER_BEGINS = /^\s*(?:<{1,9}|={1,9}|>{1,9})(?: ?[A-Z]*)?$/;

/** What the next piece of an answer says. */
export type BlockEvent =
  /** A block's first half is complete: these lines are to be replaced. */
  | { readonly kind: 'search'; readonly lines: readonly string[] }
  /** The next line of its second half. */
  | { readonly kind: 'line'; readonly text: string }
  /** The block is complete, or was cut off in its second half. */
  | { readonly kind: 'end'; readonly cut: boolean };

type Half = 'outside' | 'search' | 'replace';

/** Reads blocks while they stream; how the text is cut into chunks makes no difference. */
export class BlockParser {
  #half: Half = 'outside';
  #search: string[] = [];
  /** A fence after replacing lines: theirs if the block goes on, else it closes the answer. */
  #fence: string | undefined;
  #rest = '';

  /** Takes the next piece of the answer. */
  push(chunk: string): BlockEvent[] {
    const pieces = (this.#rest + chunk).split('\n');
    this.#rest = pieces.pop() ?? '';
    return pieces.flatMap((line) => this.#take(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  /** The part of a replacing line under way that can be shown; `undefined` when none can. */
  get partial(): string | undefined {
    const text = this.#rest.replace(/[\uD800-\uDBFF\r]+$/, '');
    const hidden = text === '' || MARKER_BEGINS.test(text) || /^\s*[`~]/.test(text);
    return this.#half !== 'replace' || hidden || this.#fence !== undefined ? undefined : text;
  }

  /** The answer is over. A block that has no end gets one; a search without a divider is dropped. */
  finish(end: 'complete' | 'cut' = 'complete'): BlockEvent[] {
    const rest = this.#rest.replace(/\r$/, '');
    this.#rest = '';
    const events = end === 'complete' && rest !== '' ? this.#take(rest) : [];
    if (this.#half === 'replace') {
      // Models forget the last marker, but not before they have said all.
      events.push({ kind: 'end', cut: end === 'cut' });
    }
    this.#half = 'outside';
    this.#fence = undefined;
    return events;
  }

  #take(line: string): BlockEvent[] {
    if (SEARCH.test(line)) {
      const open = this.#half === 'replace';
      this.#half = 'search';
      this.#search = [];
      this.#fence = undefined;
      return open ? [{ kind: 'end', cut: false }] : [];
    }
    switch (this.#half) {
      case 'outside':
        return [];
      case 'search':
        if (DIVIDER.test(line)) {
          this.#half = 'replace';
          return [{ kind: 'search', lines: this.#search }];
        }
        this.#search.push(line);
        return [];
      case 'replace':
        return this.#takeReplacing(line);
    }
  }

  #takeReplacing(line: string): BlockEvent[] {
    const events: BlockEvent[] = [];
    if (this.#fence !== undefined) {
      events.push({ kind: 'line', text: this.#fence });
      this.#fence = undefined;
    }
    if (REPLACE.test(line)) {
      this.#half = 'outside';
      events.push({ kind: 'end', cut: false });
    } else if (BARE_FENCE.test(line)) {
      this.#fence = line;
    } else {
      events.push({ kind: 'line', text: line });
    }
    return events;
  }
}

/** Returns whether a text has lines that cannot be told from the markers of blocks. */
export function looksLikeMarkers(lines: readonly string[]): boolean {
  return lines.some((line) => SEARCH.test(line) || DIVIDER.test(line) || REPLACE.test(line));
}
