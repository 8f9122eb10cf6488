import type { LineStage } from './line-stage.js';
import { weightOf } from './similarity.js';

/** How far above the region a repetition may begin, in lines; what models are shown, and more. */
const REACH = 400;
/** Telling lines after which a repetition of what follows the region is certain. */
const CERTAIN = 3;
/** Telling lines after which it is taken for one although the model then leaves the text. */
const LIKELY = 2;

interface Line {
  readonly text: string;
  readonly strong: boolean;
}

/**
 * Drops what an answer repeats of the text around the region: models often give the lines before
 * and after it too. Lines are compared without white space around them and empty lines are passed
 * over. Empty lines at either end of the answer go as well; the region has its own.
 */
export class Surroundings implements LineStage {
  readonly #before: readonly Line[];
  readonly #region: readonly string[];
  readonly #after: readonly Line[];
  /** Places in `#before` that the held lines may have come from; what follows each is next. */
  #sources: number[] | undefined;
  #started = false;
  #held: string[] = [];
  /** How many lines of `#after` the held lines repeat. */
  #matched = 0;
  readonly #given: string[] = [];
  #over = false;

  constructor(before: readonly string[], region: readonly string[], after: readonly string[]) {
    this.#before = tellingLines(before.slice(-REACH));
    this.#region = region.map((line) => line.trim()).filter(Boolean);
    this.#after = tellingLines(after.slice(0, REACH));
  }

  /** Whether the answer has gone on into what follows the region: nothing of use can come. */
  get over(): boolean {
    return this.#over;
  }

  push(line: string): string[] {
    if (this.#over) {
      return [];
    }
    return this.#started ? this.#pushBody(line) : this.#pushHead(line);
  }

  finish(): string[] {
    const held = this.#held;
    this.#held = [];
    if (this.#over) {
      return [];
    }
    if (!this.#started || (this.#matched > 0 && this.#repeatsAfter(held))) {
      // An answer that is nothing but lines from above was no repetition.
      return this.#started ? [] : this.#give(held);
    }
    return this.#give(withoutBlankEnd(held));
  }

  partial(text: string): string | undefined {
    const written = text.trim();
    if (this.#over || this.#held.length > 0) {
      return undefined;
    }
    if (this.#after[0]?.text.startsWith(written)) {
      return undefined;
    }
    const repeats =
      !this.#started && this.#before.some((line) => line.strong && line.text.startsWith(written));
    return repeats ? undefined : text;
  }

  #pushHead(line: string): string[] {
    const text = line.trim();
    if (text === '') {
      if (this.#sources) {
        this.#held.push(line);
      }
      return [];
    }
    if (this.#sources === undefined) {
      const own = text === this.#region[0];
      this.#sources = own ? [] : this.#places(text);
    } else {
      this.#sources = this.#sources.filter((at) => this.#before[at]?.text === text);
    }
    return this.#follow(line);
  }

  #places(text: string): number[] {
    return this.#before.flatMap((line, at) => (line.strong && line.text === text ? [at] : []));
  }

  /** Goes on after a line that all `#sources` have. */
  #follow(line: string): string[] {
    const next = (this.#sources ?? []).map((at) => at + 1);
    this.#sources = next;
    if (next.length === 0) {
      this.#started = true;
      const held = this.#held;
      this.#held = [];
      return [...held, line].flatMap((each) => this.#pushBody(each));
    }
    if (next.includes(this.#before.length)) {
      // The repetition has come to the region.
      this.#started = true;
      this.#held = [];
      return [];
    }
    this.#held.push(line);
    return [];
  }

  #pushBody(line: string): string[] {
    const text = line.trim();
    if (text === '') {
      if (this.#given.length > 0) {
        this.#held.push(line);
      }
      return [];
    }
    if (text === this.#after[this.#matched]?.text) {
      this.#held.push(line);
      this.#matched++;
      this.#over = this.#strongMatches() >= CERTAIN && this.#repeatsAfter(this.#held);
      return [];
    }
    if (this.#matched > 0) {
      if (this.#strongMatches() >= LIKELY && this.#repeatsAfter(this.#held)) {
        this.#over = true;
        return [];
      }
      const held = this.#give(this.#held);
      this.#held = [];
      this.#matched = 0;
      return [...held, ...this.#pushBody(line)];
    }
    const lines = this.#give([...this.#held, line]);
    this.#held = [];
    return lines;
  }

  #strongMatches(): number {
    return this.#after.slice(0, this.#matched).filter((line) => line.strong).length;
  }

  /**
   * Decides whether held lines, equal to those that follow the region, repeat them. They may also
   * be the region's own: blocks often end as the next one does.
   */
  #repeatsAfter(held: readonly string[]): boolean {
    const texts = held.map((line) => line.trim()).filter(Boolean);
    const telling = texts.find((text) => weightOf(text) === 'strong');
    if (telling !== undefined) {
      const had = this.#region.filter((line) => line === telling).length;
      const has = this.#given.filter((line) => line === telling).length;
      return has >= had;
    }
    const wanted = balanceOf(this.#region);
    return balanceOf(this.#given) === wanted && balanceOf(texts) !== 0;
  }

  #give(lines: readonly string[]): string[] {
    this.#given.push(...lines.map((line) => line.trim()));
    return [...lines];
  }
}

function tellingLines(lines: readonly string[]): Line[] {
  return lines.flatMap((line) => {
    const text = line.trim();
    return text === '' ? [] : [{ text, strong: weightOf(text) === 'strong' }];
  });
}

function withoutBlankEnd(lines: readonly string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1);
}

/** Returns how many brackets more are opened than closed. */
function balanceOf(lines: readonly string[]): number {
  let balance = 0;
  for (const character of lines.join('\n')) {
    if ('([{'.includes(character)) {
      balance++;
    } else if (')]}'.includes(character)) {
      balance--;
    }
  }
  return balance;
}
