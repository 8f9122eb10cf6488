import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { ServerProblem } from '../server/problem.js';
import type { ChatDelta, CockpitClient } from '../server/types.js';
import type { AnswerReport, AnswerView } from './answer-view.js';
import { BlocksAnswer } from './blocks-answer.js';
import { chooseFormat, isSmallModel } from './format.js';
import { editPrompt, type EditPrompt, type Turn } from './prompt.js';
import { RegionAnswer, textOf } from './region-answer.js';
import type { AnswerFormat, EditRequest } from './request.js';
import { resultOf, type Row } from './rows.js';
import { SpeedMeter } from './speed.js';
import { insistence } from './wording.js';
import type { EditNote, EditProblem, Speed } from './state.js';

export interface ExchangeParts {
  readonly client: Pick<CockpitClient, 'chat'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is asked in one round of an edit. */
export interface Question {
  readonly request: EditRequest;
  /** What the model is told to do. */
  readonly instruction: string;
  /** The lines to change as they were in the first round. */
  readonly original: readonly string[];
  readonly turns: readonly Turn[];
  /** The rows on screen. */
  readonly rows: readonly Row[];
}

/** How a round ended: with rows to review, or with none because of a problem. */
export type ExchangeEnd =
  | {
      readonly kind: 'answered';
      readonly rows: readonly Row[];
      readonly notes: readonly EditNote[];
    }
  | { readonly kind: 'failed'; readonly problem: EditProblem };

type Missed = AnswerReport & { readonly kind: 'missed' };

/** How a stream ended. */
interface StreamEnd {
  readonly cut: boolean;
  readonly notes: readonly EditNote[];
}

/**
 * One question and its answer. Blocks that do not fit lead to one more question, for the whole
 * region, before the round is over.
 */
export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #question: Question;
  readonly #progress: () => void;
  readonly #abort = new AbortController();
  #meter: SpeedMeter;
  #view: AnswerView | undefined;
  #streaming = false;

  /** @param progress is called whenever there is more to show. */
  constructor(parts: ExchangeParts, question: Question, progress: () => void) {
    this.#parts = parts;
    this.#question = question;
    this.#progress = progress;
    this.#meter = new SpeedMeter(parts.clock);
  }

  /** The region as it is to be shown now. */
  get rows(): readonly Row[] {
    return this.#view?.rows ?? this.#question.rows;
  }

  /** Whether anything of an answer has come. */
  get streaming(): boolean {
    return this.#streaming;
  }

  get speed(): Speed | undefined {
    return this.#meter.speed;
  }

  /** Ends the answer; `run` then resolves with what has come so far. */
  stop(): void {
    this.#abort.abort();
  }

  /** The user changed a row; returns false when the answer cannot go on after that. */
  edit(row: number, text: string): boolean {
    return this.#view?.edit(row, text) ?? false;
  }

  /** Asks; never rejects. */
  async run(): Promise<ExchangeEnd> {
    const { request, rows } = this.#question;
    const end = await this.#ask(chooseFormat(request, textOf(rows, request)));
    if (end.kind === 'missed') {
      return this.#askForRegion(end);
    }
    return isUnchanged(end) && isSmallModel(request.model.id) ? this.#insist(end) : end;
  }

  /** Blocks that found no place: the whole region is asked for, once. */
  async #askForRegion({ blocks, missed, ambiguous }: Missed): Promise<ExchangeEnd> {
    this.#parts.log.info('edit.blocks.missed', { blocks, missed, ambiguous });
    const placed = this.rows;
    const again = this.#abort.signal.aborted ? undefined : await this.#ask('region');
    if (again?.kind === 'answered' || (again?.kind === 'failed' && missed + ambiguous === blocks)) {
      return again;
    }
    // What could be placed is better than nothing.
    const note: EditNote = { kind: 'blocks-missed', missed, ambiguous, blocks };
    return { kind: 'answered', rows: placed, notes: [note] };
  }

  /** Small models often give the code back as it is; told so, every third time they change it. */
  async #insist(unchanged: ExchangeEnd): Promise<ExchangeEnd> {
    const { instruction, turns, rows, request } = this.#question;
    this.#parts.log.info('edit.unchanged');
    const again = await this.#ask('region', {
      instruction: insistence(instruction),
      turns: [...turns, { instruction, text: textOf(rows, request) }],
    });
    return again.kind === 'answered' ? again : unchanged;
  }

  async #ask(
    format: AnswerFormat,
    asked: Pick<Question, 'instruction' | 'turns'> = this.#question,
  ): Promise<ExchangeEnd | Missed> {
    const { request, original } = this.#question;
    const { instruction, turns } = asked;
    const result = editPrompt({ request, instruction, format, original, turns });
    if (result.kind === 'too-long') {
      const { regionTokens, room } = result;
      return { kind: 'failed', problem: { kind: 'too-long', regionTokens, room } };
    }
    const view = this.#newView(format, result.prompt);
    this.#view = view;
    this.#meter = new SpeedMeter(this.#parts.clock);
    try {
      const end = await this.#stream(result.prompt, view);
      return this.#conclude(view, end);
    } catch (error) {
      return { kind: 'failed', problem: { kind: 'server', problem: serverProblem(error) } };
    } finally {
      this.#parts.log.info('edit.answer', {
        format,
        tokens: this.#meter.tokens,
        ms: Math.round(this.#meter.duration),
        perSecond: Math.round(this.#meter.speed?.tokensPerSecond ?? 0),
      });
    }
  }

  #newView(format: AnswerFormat, prompt: EditPrompt): AnswerView {
    const { request, rows, instruction } = this.#question;
    if (format === 'blocks') {
      return new BlocksAnswer(rows, request.indentation);
    }
    // After blocks that did not fit, the rows on screen show those that did.
    const shown = this.rows;
    const text = textOf(rows, request);
    return new RegionAnswer({ request, instruction, shown, text, markers: prompt.markers });
  }

  async #stream({ messages, maxTokens }: EditPrompt, view: AnswerView): Promise<StreamEnd> {
    const { signal } = this.#abort;
    const model = this.#question.request.model.id;
    let cut = false;
    try {
      const chat = { model, messages, maxTokens, temperature: 0, task: 'edit' } as const;
      for await (const delta of this.#parts.client.chat(chat, signal)) {
        this.#take(delta, view);
        cut ||= delta.finish === 'length';
        if (view.over) {
          // Leaving the iteration ends the generation: what would come is talk.
          return { cut: false, notes: [] };
        }
      }
    } catch (error) {
      if (!signal.aborted && !(error instanceof ServerProblem && this.#streaming)) {
        throw error;
      }
      if (!signal.aborted && error instanceof ServerProblem) {
        return { cut: true, notes: [{ kind: 'interrupted', problem: error }] };
      }
    }
    if (signal.aborted) {
      return { cut: true, notes: [{ kind: 'stopped' }] };
    }
    return { cut, notes: cut ? [{ kind: 'cut' }] : [] };
  }

  #take(delta: ChatDelta, view: AnswerView): void {
    this.#meter.take(delta);
    if (delta.text !== '') {
      this.#streaming = true;
      view.push(delta.text);
      this.#progress();
    }
  }

  #conclude(view: AnswerView, { cut, notes }: StreamEnd): ExchangeEnd | Missed {
    const report = view.finish(cut ? 'cut' : 'complete');
    if (report.kind === 'missed' && !this.#abort.signal.aborted) {
      return report;
    }
    if (report.kind === 'code' || report.kind === 'missed') {
      const same = sameTexts(this.#question.rows, view.rows);
      return {
        kind: 'answered',
        rows: view.rows,
        notes: same && notes.length === 0 ? [{ kind: 'unchanged' }] : notes,
      };
    }
    const interrupted = notes.find((note) => note.kind === 'interrupted');
    if (interrupted) {
      return { kind: 'failed', problem: { kind: 'server', problem: interrupted.problem } };
    }
    if (this.#abort.signal.aborted) {
      return { kind: 'answered', rows: this.#question.rows, notes };
    }
    const text = report.kind === 'empty' ? '' : report.text;
    return { kind: 'failed', problem: { kind: 'no-answer', text, cut } };
  }
}

function isUnchanged(end: ExchangeEnd): boolean {
  return end.kind === 'answered' && end.notes.some((note) => note.kind === 'unchanged');
}

function sameTexts(one: readonly Row[], other: readonly Row[]): boolean {
  const texts = (rows: readonly Row[]): string => resultOf(rows).join('\n');
  return texts(one) === texts(other);
}

/** What goes wrong in an answer is a problem with the server, or a mistake of ours in reading it. */
function serverProblem(error: unknown): ServerProblem {
  return error instanceof ServerProblem
    ? error
    : new ServerProblem('protocol', `The answer could not be read: ${String(error)}`, {
        code: 'unreadable_answer',
        cause: error,
      });
}
