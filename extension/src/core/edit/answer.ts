import { Elision } from './elision.js';
import { CodeExtractor } from './fences.js';
import { indentationOf } from '../text.js';
import { isRefusal } from './chatter.js';
import { Reindent } from './indentation.js';
import { StageChain } from './line-stage.js';
import type { IndentationStyle } from './request.js';
import { Surroundings } from './surroundings.js';

export interface AnswerOptions {
  readonly language: string;
  /** All lines of the document before and after the region. */
  readonly before: readonly string[];
  readonly region: readonly string[];
  readonly after: readonly string[];
  readonly indentation: IndentationStyle;
  /** Lines of the prompt that a model may repeat. */
  readonly markers?: readonly string[];
  /** The answer is new text at the region's (empty) line instead of a new version of the region. */
  readonly fresh?: boolean;
  /** The instruction is about indentation, so that the answer's own counts. */
  readonly keepIndentation?: boolean;
}

/** Lines around the region that are looked at for how the file indents. */
const AROUND = 200;

/** What a chunk of an answer brought. */
export interface AnswerStep {
  /** Lines of the region that are certain now, without line ends. */
  readonly lines: readonly string[];
  /** All lines given out before were not the answer; these lines are the first. */
  readonly restart: boolean;
}

/** What a whole answer was. */
export interface AnswerEnd extends AnswerStep {
  /** `code`, or what there was instead: nothing at all, words, or a refusal in words. */
  readonly kind: 'code' | 'empty' | 'prose' | 'refusal';
  /** What the model said besides. */
  readonly prose: string;
}

/**
 * Turns a model's answer into lines of the region while it streams. Lines come out as soon as it is
 * certain that they belong to the region, in the region's indentation; how the text is cut into
 * chunks makes no difference to them.
 */
export class AnswerParser {
  readonly #options: AnswerOptions;
  readonly #extractor: CodeExtractor;
  #surroundings: Surroundings;
  #chain: StageChain;
  #rest = '';
  #given = 0;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#extractor = new CodeExtractor({
      language: options.language,
      region: options.region,
      markers: options.markers ?? [],
    });
    [this.#surroundings, this.#chain] = stagesOf(options);
  }

  /** Whether nothing of use can come any more; the request may be ended. */
  get over(): boolean {
    return this.#extractor.over || this.#surroundings.over;
  }

  /** Takes the next piece of the answer. */
  push(chunk: string): AnswerStep {
    const pieces = (this.#rest + chunk).split('\n');
    this.#rest = pieces.pop() ?? '';
    return this.#take(pieces.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)));
  }

  /** The part of the unfinished line that can be shown already; `undefined` when none can. */
  get partial(): string | undefined {
    // A chunk may end within a surrogate pair or a line end.
    const text = this.#rest.replace(/[\uD800-\uDBFF\r]+$/, '');
    const code = text === '' ? undefined : this.#extractor.partial(text);
    return code === undefined ? undefined : this.#chain.partial(code);
  }

  /**
   * The answer is over. When it was `cut` short, the line under way is incomplete and is dropped.
   */
  finish(end: 'complete' | 'cut' = 'complete'): AnswerEnd {
    const rest = this.#rest.replace(/\r$/, '');
    this.#rest = '';
    const step = this.#take(end === 'complete' && rest !== '' ? [rest] : []);
    const late = this.#extractor.finish().flatMap((line) => this.#chain.push(line));
    const lines = [...step.lines, ...late, ...this.#chain.finish()];
    this.#given += lines.length - step.lines.length;
    const prose = this.#extractor.prose;
    const kind = this.#given > 0 ? 'code' : prose === '' ? 'empty' : wordsKind(prose);
    return { lines, restart: step.restart, kind, prose };
  }

  #take(texts: readonly string[]): AnswerStep {
    let lines: string[] = [];
    let restart = false;
    for (const text of texts) {
      const code = this.#extractor.push(text);
      if (this.#extractor.takeRestart()) {
        [this.#surroundings, this.#chain] = stagesOf(this.#options);
        restart = true;
        lines = [];
        this.#given = 0;
      }
      lines.push(...code.flatMap((line) => this.#chain.push(line)));
    }
    this.#given += lines.length;
    return { lines, restart };
  }
}

function wordsKind(prose: string): 'prose' | 'refusal' {
  return isRefusal(prose) ? 'refusal' : 'prose';
}

function stagesOf(options: AnswerOptions): [Surroundings, StageChain] {
  const { before, region, after, indentation, fresh = false } = options;
  const own = fresh ? [] : region;
  const surroundings = new Surroundings(before, own, after);
  const reindent = new Reindent({
    region: fresh ? freshIndentation(options) : region,
    around: [...before.slice(-AROUND), ...region, ...after.slice(0, AROUND)],
    style: indentation,
    fresh,
  });
  const stages = options.keepIndentation
    ? [surroundings, new Elision(own)]
    : [surroundings, reindent, new Elision(own)];
  return [surroundings, new StageChain(stages)];
}

/** Returns a line with the indentation of new text at the cursor's line, or none if that is open. */
function freshIndentation({ before, region, indentation }: AnswerOptions): string[] {
  const line = region[0] ?? '';
  if (line.trim() === '' && line !== '') {
    return [line];
  }
  const above = line === '' ? (before.findLast((other) => other.trim() !== '') ?? '') : line;
  const level = indentation.insertSpaces ? ' '.repeat(indentation.size) : '\t';
  if (/[:{([]\s*$/.test(above)) {
    return [indentationOf(above) + level];
  }
  return line === '' ? [] : [indentationOf(line)];
}
