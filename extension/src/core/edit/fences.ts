import type { LineStage } from './line-stage.js';
import { isChatter, isProseLanguage } from './chatter.js';

/** What code is told apart from talk by. */
export interface FenceOptions {
  readonly language: string;
  /** The lines that the answer is to replace; a line of theirs is never taken for talk. */
  readonly region: readonly string[];
  /** Lines of the prompt that models repeat, such as `<selection>`; they are dropped. */
  readonly markers: readonly string[];
}

/** A line of backticks or tildes; `info` names the language of what follows. */
interface Fence {
  readonly mark: string;
  readonly length: number;
  readonly indentation: number;
  readonly info: string;
}

type Place =
  /** Nothing of the code has come yet. */
  | 'head'
  | 'thinking'
  | 'fenced'
  /** Code without a fence around it. */
  | 'raw'
  /** After a fence in a Markdown file: the fence may have been one of the text's own. */
  | 'maybe-closed'
  /** After a first block that says nothing new. */
  | 'between'
  | 'over';

/**
 * Takes the code out of a model's answer: out of a fence, or out of the bare text; what the model
 * thinks or says around it is left out. In Markdown, fences inside the text are kept.
 */
export class CodeExtractor implements LineStage {
  readonly #options: FenceOptions;
  readonly #region: ReadonlySet<string>;
  readonly #prose: string[] = [];
  #place: Place = 'head';
  #fence: Fence | undefined;
  /** How many fences are open inside the outer one. */
  #depth = 0;
  #held: string[] = [];
  /** Number of lines given out that repeat the region, or -1 once one did not. */
  #repeated = 0;
  #given = 0;
  #restarted = false;

  constructor(options: FenceOptions) {
    this.#options = options;
    this.#region = new Set(options.region.map((line) => line.trim()).filter(Boolean));
  }

  /** Whether the answer is complete: whatever still comes is talk. */
  get over(): boolean {
    return this.#place === 'over';
  }

  /** What the model said besides the code. */
  get prose(): string {
    return this.#prose.join('\n').trim();
  }

  /**
   * Whether the lines given out before the last call were not the answer after all, such as
   * thoughts or a quotation. Asking resets it.
   */
  takeRestart(): boolean {
    const restarted = this.#restarted;
    this.#restarted = false;
    return restarted;
  }

  push(line: string): string[] {
    const text = line.trim();
    if (text === '</think>' && this.#place !== 'over' && !this.#region.has(text)) {
      this.#restart('head');
      return [];
    }
    if (this.#options.markers.includes(text) && !this.#region.has(text)) {
      return [];
    }
    return this.#count(this.#take(line));
  }

  finish(): string[] {
    const place = this.#place;
    this.#place = 'over';
    if (place === 'maybe-closed') {
      return this.#count(this.#settleMarkdown());
    }
    this.#prose.push(...this.#held);
    this.#held = [];
    return [];
  }

  partial(text: string): string | undefined {
    const written = text.trim();
    const maybeFence = /^(?:`+|~+)[^`]*$/.test(written);
    const maybeMarker = [...this.#options.markers, '</think>'].some((mark) =>
      mark.startsWith(written),
    );
    if (maybeFence || maybeMarker || this.#held.length > 0) {
      return undefined;
    }
    return this.#place === 'fenced' || this.#place === 'raw' ? text : undefined;
  }

  #take(line: string): string[] {
    switch (this.#place) {
      case 'head':
        return this.#takeHead(line);
      case 'thinking':
        return this.#takeThought(line);
      case 'fenced':
        return this.#takeFenced(line);
      case 'raw':
        return this.#takeRaw(line);
      case 'maybe-closed':
        this.#held.push(line);
        return [];
      case 'between':
        return this.#takeBetween(line);
      case 'over':
        this.#prose.push(line);
        return [];
    }
  }

  #takeHead(line: string): string[] {
    const text = line.trim();
    if (text.startsWith('<think>') && !this.#region.has(text)) {
      this.#place = 'thinking';
      return this.#takeThought(line);
    }
    const fence = fenceOf(line);
    if (fence) {
      this.#open(fence);
      return [];
    }
    if (text === '' || this.#isTalk(line)) {
      this.#prose.push(line);
      return [];
    }
    this.#place = 'raw';
    return [line];
  }

  #takeThought(line: string): string[] {
    const end = line.indexOf('</think>');
    if (end < 0) {
      return [];
    }
    this.#place = 'head';
    const rest = line.slice(end + '</think>'.length);
    return rest.trim() === '' ? [] : this.#takeHead(rest);
  }

  #takeFenced(line: string): string[] {
    const fence = fenceOf(line);
    const open = this.#fence;
    if (!fence || !open) {
      return [line];
    }
    if (fence.info !== '') {
      this.#depth++;
      return [line];
    }
    const closes =
      fence.mark === open.mark &&
      fence.length >= open.length &&
      fence.indentation <= open.indentation + 3;
    if (this.#depth > 0) {
      this.#depth--;
      return [line];
    }
    if (!closes) {
      return [line];
    }
    return this.#close(line);
  }

  #close(line: string): string[] {
    if (isProseLanguage(this.#options.language)) {
      this.#place = 'maybe-closed';
      this.#held = [line];
    } else {
      this.#place = this.#saysNothingNew() ? 'between' : 'over';
    }
    return [];
  }

  #takeRaw(line: string): string[] {
    const fence = isProseLanguage(this.#options.language) ? undefined : fenceOf(line);
    if (fence && !this.#region.has(line.trim())) {
      if (fence.info === '') {
        // The model forgot to open the fence that it closes here.
        this.#place = 'over';
        this.#prose.push(...this.#held);
        this.#held = [];
      } else {
        this.#restart('head');
        this.#open(fence);
      }
      return [];
    }
    const blank = line.trim() === '';
    if (blank || (this.#held.length > 0 && (this.#isTalk(line) || this.#goesOnTalking(line)))) {
      this.#held.push(line);
      return [];
    }
    const lines = [...this.#held, line];
    this.#held = [];
    return lines;
  }

  #takeBetween(line: string): string[] {
    const fence = fenceOf(line);
    if (fence) {
      this.#restart('head');
      this.#open(fence);
    } else {
      this.#prose.push(line);
    }
    return [];
  }

  /**
   * Decides at the end which fence of a Markdown text was the outer one: the last bare fence, if
   * nothing but talk follows it; all before it was text.
   */
  #settleMarkdown(): string[] {
    const held = this.#held;
    this.#held = [];
    const last = held.findLastIndex((line) => {
      const fence = fenceOf(line);
      return fence?.info === '' && fence.mark === this.#fence?.mark;
    });
    this.#prose.push(...held.slice(last + 1));
    return held.slice(0, last);
  }

  #open(fence: Fence): void {
    this.#fence = fence;
    this.#depth = 0;
    this.#place = 'fenced';
  }

  #restart(place: Place): void {
    this.#restarted = this.#given > 0 || this.#restarted;
    this.#given = 0;
    this.#repeated = 0;
    this.#held = [];
    this.#place = place;
  }

  #isTalk(line: string): boolean {
    return !this.#region.has(line.trim()) && isChatter(line, this.#options.language);
  }

  #goesOnTalking(line: string): boolean {
    return /^\s*(?:[-*]|\d+\.) /.test(line) && this.#held.some((held) => held.trim() !== '');
  }

  /** Whether the lines so far are none, or the region's own. */
  #saysNothingNew(): boolean {
    return this.#given === 0 || this.#repeated === this.#options.region.length;
  }

  #count(lines: string[]): string[] {
    for (const line of lines) {
      this.#given++;
      const same = this.#options.region[this.#repeated]?.trim() === line.trim();
      this.#repeated = this.#repeated >= 0 && same ? this.#repeated + 1 : -1;
    }
    return lines;
  }
}

function fenceOf(line: string): Fence | undefined {
  const match = /^([ \t]*)(`{3,}|~{3,})[ \t]*([^`]*)$/.exec(line);
  const mark = match?.[2];
  if (!match || !mark) {
    return undefined;
  }
  return {
    mark: mark.charAt(0),
    length: mark.length,
    indentation: (match[1] ?? '').length,
    info: (match[3] ?? '').trim(),
  };
}
