import type { ServerProblem } from '../server/problem.js';

/** How fast an answer comes. */
export interface Speed {
  readonly tokensPerSecond: number;
  /** From the server's count; otherwise estimated from what has come so far. */
  readonly counted: boolean;
}

/**
 * Something that the user should know about the answer under review.
 *
 *  - `unchanged`: the answer leaves the region as it is.
 *  - `cut`: the answer ended at the token limit; lines that it did not reach are kept.
 *  - `interrupted`: the connection broke; lines that it did not reach are kept.
 *  - `stopped`: the user, or a change of theirs in the region, ended the answer early.
 *  - `blocks-missed`: some blocks name lines that the region does not have (`missed`), or has more
 *    than once (`ambiguous`); the others are shown.
 */
export type EditNote =
  | { readonly kind: 'unchanged' | 'cut' | 'stopped' }
  | { readonly kind: 'interrupted'; readonly problem: ServerProblem }
  | {
      readonly kind: 'blocks-missed';
      readonly missed: number;
      readonly ambiguous: number;
      readonly blocks: number;
    };

/**
 * Why an edit could not be made.
 *
 *  - `server`: the server or the connection; `problem` says what and what to do.
 *  - `too-long`: the region alone does not fit the model; figures in estimated tokens.
 *  - `no-answer`: the model answered with nothing, or only in words (`text`); when it was `cut`, its
 *    tokens were used up before any code came.
 *  - `surface`: the editor did not take the changes.
 */
export type EditProblem =
  | { readonly kind: 'server'; readonly problem: ServerProblem }
  | { readonly kind: 'too-long'; readonly regionTokens: number; readonly room: number }
  | { readonly kind: 'no-answer'; readonly text: string; readonly cut: boolean }
  | { readonly kind: 'surface'; readonly message: string };

/** How a finished edit ended; `mixed` when some hunks were taken and some given up. */
export type EditOutcome = 'accepted' | 'rejected' | 'mixed' | 'unchanged';

/**
 * Where an edit stands. `round` counts questions from 1: the first instruction and each refinement.
 *
 * A failed refinement goes back to `review` with a note only if there was something to review;
 * `failed`, `cancelled` and `done` are final.
 */
export type EditState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'asking'; readonly round: number }
  | { readonly kind: 'streaming'; readonly round: number; readonly speed?: Speed }
  | {
      readonly kind: 'review';
      readonly round: number;
      readonly hunks: number;
      readonly notes: readonly EditNote[];
      /** Why the last refinement failed; the answer before it is under review again. */
      readonly problem?: EditProblem;
      readonly speed?: Speed;
    }
  | { readonly kind: 'done'; readonly outcome: EditOutcome }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly problem: EditProblem };
