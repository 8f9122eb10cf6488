import type { EditRequest } from './request.js';
import { Exchange, type ExchangeEnd, type ExchangeParts } from './exchange.js';
import { Frames, type RenderPhase, type Surface } from './frames.js';
import { instructionOf } from './instructions.js';
import type { Turn } from './prompt.js';
import { textOf } from './region-answer.js';
import {
  acceptAll,
  acceptHunk,
  applyUserChange,
  hunkAt,
  hunksOf,
  keptRows,
  rejectAll,
  rejectHunk,
  type Hunk,
  type Row,
  type Splice,
} from './rows.js';
import type { EditNote, EditOutcome, EditProblem, EditState } from './state.js';

export type { RenderPhase, Surface } from './frames.js';
export type { EditRequest } from './request.js';
export type { EditNote, EditOutcome, EditProblem, EditState, Speed } from './state.js';

export interface SessionParts extends ExchangeParts {
  readonly surface: Surface;
}

/**
 * One edit from the question to the decision; see `EditState`. Methods that do not fit the state do
 * nothing. None of the promises rejects: what goes wrong is in the state.
 */
export class EditSession {
  readonly request: EditRequest;
  readonly #parts: SessionParts;
  readonly #frames: Frames;
  readonly #original: readonly string[];
  readonly #turns: Turn[] = [];
  readonly #listeners = new Set<() => void>();
  #state: EditState = { kind: 'idle' };
  #rows: readonly Row[];
  #exchange: Exchange | undefined;
  /** The round under way, until its state is settled. */
  #asking: Promise<void> = Promise.resolve();
  #instruction = '';
  #round = 0;
  #accepted = false;
  #rejected = false;

  constructor(parts: SessionParts, request: EditRequest) {
    this.request = request;
    this.#parts = parts;
    this.#frames = new Frames(parts.surface, parts.clock);
    this.#rows = keptRows(request.region);
    this.#original = textOf(this.#rows, request);
  }

  get state(): EditState {
    return this.#state;
  }

  /** The region as it is to be shown. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  get hunks(): readonly Hunk[] {
    return hunksOf(this.#rows);
  }

  /** Calls `listener` after every change of the state or the rows. Returns how to stop that. */
  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks and streams; resolves once the state is `review` or final. */
  async start(): Promise<void> {
    if (this.#state.kind === 'idle') {
      await this.#ask(instructionOf(this.request));
    }
  }

  /** Asks again about what is under review; a running answer is stopped first. As `start`. */
  async refine(instruction: string): Promise<void> {
    await this.stop();
    if (this.#state.kind === 'review') {
      const text = textOf(this.#rows, this.request);
      this.#turns.push({ instruction: this.#instruction, text });
      await this.#ask(instruction.trim());
    }
  }

  /** Ends a running answer and keeps what has come for review. */
  async stop(): Promise<void> {
    this.#exchange?.stop();
    await this.#asking;
  }

  /** Ends a running answer and gives up what is not yet accepted. */
  async cancel(): Promise<void> {
    if (!this.#isOver()) {
      this.#leaveExchange();
      await this.#settle(rejectAll(this.#rows), { kind: 'cancelled' });
    }
  }

  /** Ends the session without touching the document: it was closed, or the edit was undone. */
  abandon(): void {
    if (!this.#isOver()) {
      this.#leaveExchange();
      this.#frames.close();
      this.#setState({ kind: 'cancelled' });
    }
  }

  /** Takes all that is under review; a running answer is stopped first. */
  async acceptAll(): Promise<void> {
    await this.stop();
    await this.#decide(acceptAll(this.#rows), 'accept');
  }

  /** Gives up all that is under review; a running answer is stopped first. */
  async rejectAll(): Promise<void> {
    await this.stop();
    await this.#decide(rejectAll(this.#rows), 'reject');
  }

  /** Takes the hunk that a row belongs to. */
  async acceptHunk(row: number): Promise<void> {
    const hunk = hunkAt(this.#rows, row);
    await (hunk && this.#decide(acceptHunk(this.#rows, hunk), 'accept'));
  }

  /** Gives up the hunk that a row belongs to. */
  async rejectHunk(row: number): Promise<void> {
    const hunk = hunkAt(this.#rows, row);
    await (hunk && this.#decide(rejectHunk(this.#rows, hunk), 'reject'));
  }

  /**
   * Tells that the user changed lines of the region; counted in `rows`, which may be ahead of what
   * showed. A change within one line is taken over; anything else stops a running answer, and the
   * new lines are the user's: kept whatever is decided. A frame with the change in it follows at
   * once; one that was under way must not undo the change.
   */
  userChanged(change: Splice): void {
    const { kind } = this.#state;
    if (kind === 'review') {
      const rows = applyUserChange(this.#rows, change);
      void this.#settle(rows, { ...this.#state, hunks: hunksOf(rows).length });
    } else if (kind === 'asking' || kind === 'streaming') {
      const exchange = this.#exchange;
      const [text] = change.insert;
      const single = change.remove === 1 && change.insert.length === 1;
      if (exchange && single && exchange.edit(change.start, text ?? '')) {
        this.#show(exchange);
      } else {
        const rows = applyUserChange(this.#rows, change);
        this.#leaveExchange();
        void this.#review(rows, [{ kind: 'stopped' }]);
      }
    }
  }

  #ask(instruction: string): Promise<void> {
    this.#instruction = instruction;
    this.#round++;
    const exchange = new Exchange(
      this.#parts,
      {
        request: this.request,
        instruction,
        original: this.#original,
        turns: [...this.#turns],
        rows: this.#rows,
      },
      () => this.#show(exchange),
    );
    this.#exchange = exchange;
    this.#setState({ kind: 'asking', round: this.#round });
    const before = this.#rows;
    this.#asking = exchange.run().then((end) => this.#conclude(exchange, end, before));
    return this.#asking;
  }

  async #conclude(exchange: Exchange, end: ExchangeEnd, before: readonly Row[]): Promise<void> {
    if (this.#exchange !== exchange) {
      return;
    }
    this.#exchange = undefined;
    if (end.kind === 'answered') {
      await this.#review(end.rows, end.notes, exchange);
    } else if (this.#round > 1) {
      this.#instruction = this.#turns.pop()?.instruction ?? '';
      await this.#review(before, [], exchange, end.problem);
    } else {
      await this.#settle(rejectAll(before), { kind: 'failed', problem: end.problem });
    }
  }

  #review(
    rows: readonly Row[],
    notes: readonly EditNote[],
    exchange?: Exchange,
    problem?: EditProblem,
  ): Promise<void> {
    const speed = exchange?.speed;
    return this.#settle(rows, {
      kind: 'review',
      round: this.#round,
      hunks: hunksOf(rows).length,
      notes,
      ...(problem && { problem }),
      ...(speed && { speed }),
    });
  }

  /** Shows what has come of an answer. */
  #show(exchange: Exchange): void {
    if (this.#exchange !== exchange) {
      return;
    }
    this.#rows = exchange.rows;
    if (exchange.streaming) {
      const { speed } = exchange;
      this.#setState({ kind: 'streaming', round: this.#round, ...(speed && { speed }) });
    }
    void this.#render('streaming');
  }

  async #decide(rows: readonly Row[], choice: 'accept' | 'reject'): Promise<void> {
    if (this.#state.kind !== 'review') {
      return;
    }
    if (this.#state.hunks > 0) {
      this.#accepted ||= choice === 'accept';
      this.#rejected ||= choice === 'reject';
    }
    const hunks = hunksOf(rows).length;
    await this.#settle(
      rows,
      hunks > 0 ? { ...this.#state, hunks } : { kind: 'done', outcome: this.#outcome() },
    );
  }

  #outcome(): EditOutcome {
    if (this.#accepted && this.#rejected) {
      return 'mixed';
    }
    return this.#accepted ? 'accepted' : this.#rejected ? 'rejected' : 'unchanged';
  }

  /** Takes rows and state that stay until the user does something, and resolves when they show. */
  async #settle(rows: readonly Row[], state: EditState): Promise<void> {
    this.#rows = rows;
    this.#setState(state);
    await this.#render(state.kind === 'review' ? 'review' : 'done');
  }

  async #render(phase: RenderPhase): Promise<void> {
    try {
      await this.#frames.show(this.#rows, phase);
    } catch (error) {
      if (this.#state.kind !== 'cancelled' && this.#state.kind !== 'failed') {
        this.#leaveExchange();
        const message = error instanceof Error ? error.message : String(error);
        this.#setState({ kind: 'failed', problem: { kind: 'surface', message } });
      }
    }
  }

  /** Ends a running answer; nothing of it shows any more. */
  #leaveExchange(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.stop();
  }

  #isOver(): boolean {
    return ['done', 'cancelled', 'failed'].includes(this.#state.kind);
  }

  #setState(state: EditState): void {
    this.#state = state;
    this.#listeners.forEach((listener) => listener());
  }
}
