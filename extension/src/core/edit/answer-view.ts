import type { Row } from './rows.js';

/** What a whole answer amounted to. */
export type AnswerReport =
  | { readonly kind: 'code'; readonly prose: string }
  /** Blocks that could not be placed; the others are in the rows. */
  | {
      readonly kind: 'missed';
      readonly blocks: number;
      readonly missed: number;
      readonly ambiguous: number;
    }
  | { readonly kind: 'empty' }
  | { readonly kind: 'prose' | 'refusal'; readonly text: string };

/** An answer while it streams, as rows of the region. */
export interface AnswerView {
  /** The whole region as it is to be shown now; its original lines are always all there. */
  readonly rows: readonly Row[];
  /** Whether nothing of use can come any more. */
  readonly over: boolean;
  /** Takes the next piece of the model's text. */
  push(chunk: string): void;
  /**
   * The answer is over; the rows become the smallest diff. What an answer that was `cut` short did
   * not reach is kept.
   */
  finish(end: 'complete' | 'cut'): AnswerReport;
  /** The user changed one row; returns false when the answer cannot go on after that. */
  edit(row: number, text: string): boolean;
}
