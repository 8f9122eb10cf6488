/**
 * One step between the model's text and the lines of the region. Steps take whole lines, so what
 * comes out never depends on how the text was cut into chunks.
 */
export interface LineStage {
  /** Takes the next line; returns the lines that are certain now, in order. */
  push(line: string): string[];
  /** No more lines come; returns those that were still held back. */
  finish(): string[];
  /**
   * Returns what of an incomplete line can be shown, or `undefined` as long as it may still be
   * dropped or changed.
   */
  partial(text: string): string | undefined;
}

/** Steps one after the other; what leaves one enters the next. */
export class StageChain implements LineStage {
  readonly #stages: readonly LineStage[];

  constructor(stages: readonly LineStage[]) {
    this.#stages = stages;
  }

  push(line: string): string[] {
    return this.#feed([line], 0);
  }

  finish(): string[] {
    return this.#stages.flatMap((stage, index) => this.#feed(stage.finish(), index + 1));
  }

  partial(text: string): string | undefined {
    return this.#stages.reduce<string | undefined>(
      (shown, stage) => (shown === undefined ? undefined : stage.partial(shown)),
      text,
    );
  }

  #feed(lines: readonly string[], from: number): string[] {
    return this.#stages
      .slice(from)
      .reduce<string[]>(
        (current, stage) => current.flatMap((line) => stage.push(line)),
        [...lines],
      );
  }
}
