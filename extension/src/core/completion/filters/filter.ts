import type { SyntaxView } from '../../syntax/view.js';

/**
 * What a filter sees. All texts end their lines with `\n`: who calls turns `\r\n` into it first,
 * because the editor turns it back when it inserts.
 */
export interface FilterInput {
  /** What the model said, to be inserted at the cursor. */
  readonly text: string;
  /** The document before the cursor, from its start or from the start of some line. */
  readonly prefix: string;
  /** The document after the cursor, to its end or to the end of some line. */
  readonly suffix: string;
  /** The editor's language identifier. */
  readonly language: string;
  /** Whether more than one line was asked for. */
  readonly multiline: boolean;
  /**
   * How the text ended: by the model itself, because it ran out of tokens (its last line may be
   * half), or because `streamLimit` had enough.
   */
  readonly ended: 'stop' | 'length' | 'cut';
  /** How many columns a tab takes; 4 when it is not given. */
  readonly tabSize?: number;
  /** The tree of `prefix + suffix`, when there is one in time. */
  readonly syntax?: SyntaxView;
}

/** The text that is left, with what was done to it, or why nothing is left. */
export type FilterVerdict =
  | {
      readonly text: string;
      readonly note?: string;
      /**
       * How many characters right of the cursor, on its line, the text says again and therefore
       * replaces. The filters after this one see the suffix without them.
       */
      readonly replaces?: number;
    }
  | { readonly dropped: string };

/**
 * One thing that can be wrong with a completion, and its remedy. A filter cuts where it can and
 * drops only what no cut can save, since a cockpit that stays silent reads as broken. It is pure,
 * never invents text and changes nothing when it is applied to its own result.
 */
export interface Filter {
  readonly name: string;
  apply(input: FilterInput): FilterVerdict;
}

/** What one filter did; filters that left the text alone are not listed. */
export interface AppliedFilter {
  readonly filter: string;
  readonly note?: string;
  readonly dropped?: string;
}

export interface FilteredText {
  /** What is left to show; undefined when a filter dropped it. */
  readonly text: string | undefined;
  /** How many characters right of the cursor, on its line, the text replaces. */
  readonly replaces: number;
  readonly verdicts: readonly AppliedFilter[];
}
