import type { Clock } from '../clock.js';
import type { ChatDelta } from '../server/types.js';
import type { Speed } from './state.js';

/** Characters of a token of code, on average. */
const CHARACTERS_PER_TOKEN = 3.5;

/** Milliseconds of answer before a figure says anything. */
const MEANINGFUL = 200;

/** Measures how fast an answer comes, from its first token on: the prompt's time is not counted. */
export class SpeedMeter {
  readonly #clock: Clock;
  #first: number | undefined;
  #last = 0;
  #chunks = 0;
  #firstTokens = 0;
  #characters = 0;
  #counted: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds from the first piece of text to the last. */
  get duration(): number {
    return this.#first === undefined ? 0 : this.#last - this.#first;
  }

  /** New tokens: the server's count, or an estimate until it comes. */
  get tokens(): number {
    const estimated = Math.round(this.#characters / CHARACTERS_PER_TOKEN);
    return this.#counted ?? Math.max(this.#chunks, estimated);
  }

  take(delta: ChatDelta): void {
    if (delta.text !== '') {
      this.#last = this.#clock.now();
      this.#chunks++;
      this.#characters += delta.text.length;
      if (this.#first === undefined) {
        this.#first = this.#last;
        this.#firstTokens = this.tokens;
      }
    }
    if (delta.usage) {
      this.#counted = delta.usage.completionTokens;
    }
  }

  /** Tokens a second; absent until enough has come. */
  get speed(): Speed | undefined {
    if (this.duration < MEANINGFUL) {
      return undefined;
    }
    const seconds = this.duration / 1_000;
    return {
      tokensPerSecond: (this.tokens - this.#firstTokens) / seconds,
      counted: this.#counted !== undefined,
    };
  }
}
