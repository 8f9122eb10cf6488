import { AnswerParser } from './answer.js';
import type { AnswerReport, AnswerView } from './answer-view.js';
import { placeOfFragment } from './fragment.js';
import type { EditRequest } from './request.js';
import { originalOf, resultOf, type Row } from './rows.js';
import { StreamingDiff } from './streaming-diff.js';

export interface RegionAnswerOptions {
  readonly request: EditRequest;
  /** The rows on screen; a second answer grows over the first. */
  readonly shown: readonly Row[];
  /** The lines that the model was shown as the region, without empty ones around them. */
  readonly text: readonly string[];
  readonly markers: readonly string[];
  /** The instruction of this very question. */
  readonly instruction: string;
}

/** The part of a region that answers are about: without empty lines around, and fixed lines above. */
export interface Core {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns which rows an answer is about: all but the `lead` first ones and empty lines at either
 * end, which models do not repeat faithfully. Rows that are all empty are all meant.
 */
export function coreOf(rows: readonly Row[], lead: number): Core {
  const speaks = (row: Row, at: number): boolean =>
    at >= lead && (row.kind !== 'kept' || row.text.trim() !== '');
  const start = rows.findIndex(speaks);
  return start < 0
    ? { start: lead, end: rows.length }
    : { start, end: rows.findLastIndex(speaks) + 1 };
}

/** An answer that is the whole new text of a region. */
export class RegionAnswer implements AnswerView {
  readonly #parser: AnswerParser;
  readonly #above: Row[];
  readonly #core: readonly Row[];
  readonly #below: Row[];
  readonly #text: readonly string[];
  readonly #instruction: string;
  readonly #fresh: boolean;
  #diff: StreamingDiff;

  constructor({ request, shown, text, markers, instruction }: RegionAnswerOptions) {
    const lead = leadOf(request);
    const core = coreOf(shown, lead);
    this.#above = shown.slice(0, core.start);
    this.#core = shown.slice(core.start, core.end);
    this.#below = shown.slice(core.end);
    this.#diff = new StreamingDiff(originalOf(this.#core), this.#core);
    this.#text = text;
    this.#instruction = instruction;
    this.#fresh = text.every((line) => line.trim() === '');
    this.#parser = new AnswerParser({
      language: request.language,
      before: [...request.before, ...request.region.slice(0, lead)],
      region: this.#fresh ? request.region : text,
      after: request.after,
      indentation: request.indentation,
      markers,
      fresh: this.#fresh,
      keepIndentation: /\b(?:in|de|un|out)dent/i.test(instruction),
    });
  }

  get rows(): readonly Row[] {
    return [...this.#above, ...this.#diff.rows, ...this.#below];
  }

  get over(): boolean {
    return this.#parser.over;
  }

  push(chunk: string): void {
    this.#take(this.#parser.push(chunk));
    const partial = this.#parser.partial;
    if (partial !== undefined) {
      this.#diff.partial(partial);
    }
  }

  finish(end: 'complete' | 'cut'): AnswerReport {
    const last = this.#parser.finish(end);
    this.#take(last);
    switch (last.kind) {
      case 'code':
        this.#settle(end);
        return { kind: 'code', prose: last.prose };
      case 'empty':
        return { kind: 'empty' };
      case 'prose':
      case 'refusal':
        return { kind: last.kind, text: last.prose };
    }
  }

  /** Takes the answer for what it is: all of the region, or only the part of it that changes. */
  #settle(end: 'complete' | 'cut'): void {
    const place =
      end === 'complete' && !this.#fresh
        ? placeOfFragment(this.#diff.answer, this.#text, this.#instruction)
        : undefined;
    if (place) {
      const { start, end: past, lines } = place;
      this.#diff.finishAs([...this.#text.slice(0, start), ...lines, ...this.#text.slice(past)]);
    } else {
      this.#diff.finish(end);
    }
  }

  edit(row: number, text: string): boolean {
    const inside = row - this.#above.length;
    const below = inside - this.#diff.rows.length;
    if (inside >= 0 && below < 0) {
      return this.#diff.edit(inside, text);
    }
    const rows = inside < 0 ? this.#above : this.#below;
    rows[inside < 0 ? row : below] = { kind: 'kept', text };
    return true;
  }

  #take({ lines, restart }: { lines: readonly string[]; restart: boolean }): void {
    if (restart) {
      // What showed was no part of the answer, so this once it does go away.
      this.#diff = new StreamingDiff(originalOf(this.#core), this.#core);
    }
    for (const line of lines) {
      this.#diff.push(line);
    }
  }
}

/** Returns how many lines of the region stay as they are above new text at the cursor. */
export function leadOf(request: EditRequest): number {
  return request.action === 'generate' && (request.region[0] ?? '').trim() !== '' ? 1 : 0;
}

/** Returns the lines that the model is shown as the region, without empty ones around them. */
export function textOf(rows: readonly Row[], request: EditRequest): string[] {
  const core = coreOf(rows, leadOf(request));
  return resultOf(rows.slice(core.start, core.end));
}
