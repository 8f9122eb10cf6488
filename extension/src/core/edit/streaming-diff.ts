import { alignLines } from './align.js';
import { keptRows, originalOf, resultOf, type Row } from './rows.js';
import { commonPrefix, similarity, weightOf } from './similarity.js';

/** How far below the pointer a changed line is looked for, and how like it must be, there and on. */
const SIMILAR_WINDOW = 4;
const SIMILAR_ENOUGH = 0.6;
const SIMILAR_STEP = 0.08;

/** How far ahead an equal line is believed at once, by what it tells. */
const NEAR = 3;
const CLOSER_REACH = 5;
const UNIQUE_REACH = 40;
const UNIQUE_LENGTH = 12;

/** Characters, indentation aside, from which a partial line may show as a change, or as new. */
const CHANGE_FROM = 3;
const NEW_FROM = 6;
/** The share of an original line that a partial line begins with when it is that line changed. */
const SAME_LINE = 0.3;

/** What a partial line that shows was taken for: its line is treated alike when it is complete. */
type Commitment = 'insertion' | 'replacement';

/**
 * Aligns the model's lines with the original ones while they arrive.
 *
 * What shows is monotone: rows down to the pointer are decided and never change again, the original
 * lines below it are kept rows until they are reached. `finish` then settles for the smallest diff.
 * For a second answer, `shown` are the rows on screen: below the pointer they stay as they are, so
 * that the new answer grows over the one before.
 */
export class StreamingDiff {
  readonly #original: string[];
  readonly #shown: Row[];
  readonly #decided: Row[] = [];
  /** The next original line that no new line stands for, and how many shown rows are above it. */
  #pointer = 0;
  #shownAbove = 0;
  #places: ReadonlyMap<string, readonly number[]>;
  #partial = '';
  #commitment: Commitment | undefined;
  #rows: readonly Row[] | undefined;
  #finished = false;

  constructor(original: readonly string[], shown: readonly Row[] = keptRows(original)) {
    this.#original = [...original];
    this.#shown = [...shown];
    this.#places = placesOf(original);
  }

  /** The region as it is to be shown now. */
  get rows(): readonly Row[] {
    this.#rows ??= [
      ...this.#decided,
      ...this.#partialRows(),
      ...this.#shown.slice(this.#tailStart()),
    ];
    return this.#rows;
  }

  /** Takes the model's next line, complete. */
  push(line: string): void {
    const equal = this.#equalLine(line);
    const commitment = this.#commitment;
    this.#forgetPartial();
    if (equal !== undefined) {
      this.#remove(equal);
      this.#decided.push({ kind: 'kept', text: line });
      this.#advance();
      return;
    }
    if (commitment === 'replacement') {
      this.#remove(this.#pointer + 1);
    } else if (commitment === undefined) {
      this.#remove(this.#similarLine(line) + 1);
    }
    this.#decided.push({ kind: 'added', text: line });
  }

  /**
   * Takes what has come of the next line. It shows once it cannot become an original line any
   * more. Each text must begin with the one before, until `push` takes the whole line.
   */
  partial(text: string): void {
    this.#commitment ??= this.#commit(text);
    if (this.#commitment !== undefined && text !== this.#partial) {
      this.#partial = text;
      this.#rows = undefined;
    }
  }

  /**
   * The answer is over: original lines that it did not reach are removed, or kept when it was cut
   * short. The rows become the smallest diff.
   */
  finish(end: 'complete' | 'cut' = 'complete'): void {
    const rest = end === 'cut' ? this.#original.slice(this.#pointer) : [];
    this.finishAs([...this.answer, ...rest]);
  }

  /** The answer is over, and the text has become `result`. */
  finishAs(result: readonly string[]): void {
    this.#forgetPartial();
    this.#rows = alignLines(this.#original, result);
    this.#finished = true;
  }

  /** The lines of the answer so far. */
  get answer(): string[] {
    return resultOf(this.#decided);
  }

  /**
   * The user changed the text of one row while lines stream. Returns false when that row is being
   * written, or the answer is over: nothing is taken over then.
   */
  edit(row: number, text: string): boolean {
    const below = row - this.#decided.length - this.#partialRows().length;
    const decided = this.#decided[row];
    if (this.#finished || row >= this.rows.length || (!decided && below < 0)) {
      return false;
    }
    if (decided) {
      editRow(this.#decided, row, text, this.#original);
    } else {
      editRow(this.#shown, this.#tailStart() + below, text, this.#original);
      this.#places = placesOf(this.#original);
    }
    this.#rows = undefined;
    return true;
  }

  #forgetPartial(): void {
    this.#partial = '';
    this.#commitment = undefined;
    this.#rows = undefined;
  }

  /** The partial line and, when it replaces one, the row that it replaces. */
  #partialRows(): Row[] {
    if (this.#commitment === undefined) {
      return [];
    }
    const added: Row = { kind: 'added', text: this.#partial };
    const replaced = this.#original[this.#pointer];
    return this.#commitment === 'replacement' && replaced !== undefined
      ? [{ kind: 'removed', text: replaced }, added]
      : [added];
  }

  /**
   * Where the rows on screen go on below the pointer. Lines that an answer before has added there
   * give way as soon as there is anything of the new answer.
   */
  #tailStart(): number {
    let at = this.#shownAbove;
    if (this.#decided.length > 0 || this.#commitment !== undefined) {
      at = skipAdded(this.#shown, at);
    }
    return this.#commitment === 'replacement' ? skipAdded(this.#shown, at + 1) : at;
  }

  /** Marks the original lines from the pointer up to `end` as removed. */
  #remove(end: number): void {
    while (this.#pointer < end) {
      this.#decided.push({ kind: 'removed', text: this.#original[this.#pointer] ?? '' });
      this.#advance();
    }
  }

  #advance(): void {
    this.#pointer++;
    this.#shownAbove = skipAdded(this.#shown, this.#shownAbove) + 1;
  }

  /** Returns the original line that a complete line is taken to be, at the pointer or below. */
  #equalLine(line: string): number | undefined {
    const places = this.#places.get(line);
    const found = places?.find((place) => place >= this.#pointer);
    if (places === undefined || found === undefined || found === this.#pointer) {
      return found;
    }
    return this.#trusted(line, found - this.#pointer, places.at(-1) === found) ? found : undefined;
  }

  /** Whether a line says that the model left out the `distance` original lines before its equal. */
  #trusted(line: string, distance: number, unique: boolean): boolean {
    switch (weightOf(line)) {
      case 'blank':
        return false;
      case 'weak':
        // Within an insertion a closing bracket belongs to what was inserted.
        return this.#decided.at(-1)?.kind !== 'added' && distance <= CLOSER_REACH;
      case 'strong':
        return (
          distance <= NEAR ||
          (unique && (distance <= UNIQUE_REACH || line.trim().length >= UNIQUE_LENGTH))
        );
    }
  }

  /** Returns the original line that a changed line stands for, at the pointer or near; else -1. */
  #similarLine(line: string): number {
    if (weightOf(line) !== 'strong') {
      return -1;
    }
    const end = Math.min(this.#pointer + SIMILAR_WINDOW, this.#original.length);
    for (let place = this.#pointer; place < end; place++) {
      const other = this.#original[place] ?? '';
      const needed = SIMILAR_ENOUGH + SIMILAR_STEP * (place - this.#pointer);
      if (weightOf(other) === 'strong' && similarity(line, other) >= needed) {
        return place;
      }
    }
    return -1;
  }

  /** Decides what a partial line is, once that is certain enough to show it. */
  #commit(text: string): Commitment | undefined {
    const written = text.trim();
    if (written.length < CHANGE_FROM) {
      return undefined;
    }
    for (let place = this.#pointer; place < this.#original.length; place++) {
      if (this.#original[place]?.startsWith(text)) {
        return undefined;
      }
    }
    const near = this.#original.slice(this.#pointer, this.#pointer + SIMILAR_WINDOW);
    const begun = near.map((line) => startsLike(written, line.trim()));
    if (begun[0]) {
      return 'replacement';
    }
    return written.length >= NEW_FROM && !begun.includes(true) ? 'insertion' : undefined;
  }
}

/** Returns whether a partial line looks like the beginning of another one. */
function startsLike(written: string, line: string): boolean {
  const shared = commonPrefix(written, line);
  return shared >= CHANGE_FROM && shared >= line.length * SAME_LINE;
}

/** Changes a row's text and, when it stands for an original line, that line. */
function editRow(rows: Row[], at: number, text: string, original: string[]): void {
  const row = rows[at];
  if (!row) {
    return;
  }
  rows[at] = { ...row, text };
  if (row.kind !== 'added') {
    original[originalOf(rows.slice(0, at)).length] = text;
  }
}

function skipAdded(rows: readonly Row[], from: number): number {
  let at = from;
  while (rows[at]?.kind === 'added') {
    at++;
  }
  return at;
}

function placesOf(lines: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  lines.forEach((line, index) => {
    const known = places.get(line);
    if (known) {
      known.push(index);
    } else {
      places.set(line, [index]);
    }
  });
  return places;
}
