import type { Trigger } from './types.js';

/** How long to wait before asking, counted from the keystroke, and why. */
export interface Delay {
  readonly ms: number;
  readonly reason: string;
}

export interface DelayQuestion {
  readonly trigger: Trigger;
  /** The cursor's line up to the cursor. */
  readonly lineBefore: string;
  /** The user has just typed through all of what was shown, so more is expected. */
  readonly expected: boolean;
  /** Longest delay, in milliseconds. */
  readonly maxDelay: number;
}

/** A longer gap between keystrokes is a pause, not rhythm. */
const LONGEST_INTERVAL = 1_000;
/** How much one observation counts against all before it. */
const WEIGHT = 0.2;
/** Waited even when the server is quick: keys that are pressed together come closer than this. */
const SHORTEST = 20;
/** Rhythm and latency that are taken for granted before any was measured, in milliseconds. */
const FIRST_INTERVAL = 160;
const FIRST_LATENCY = 150;
/** A server that answers within this share of the interval between keystrokes is asked at once. */
const QUICK = 0.5;
/** One that takes longer than this share answers only in a pause, so a pause is waited for. */
const SLOW = 1.5;
/** A gap of this many intervals is taken for a pause. */
const PAUSE = 1.25;

/**
 * Decides how long to wait for the next keystroke before the server is asked. Where the answer is
 * likely to come before the next keystroke there is nothing to wait for; where it would come after
 * it, a request per keystroke only keeps the server busy with text that nobody wants any more.
 */
export class Debounce {
  #lastKeystroke: number | undefined;
  #interval = FIRST_INTERVAL;
  #latency = FIRST_LATENCY;

  /** The user has typed something. */
  keystroke(now: number): void {
    const interval = now - (this.#lastKeystroke ?? Number.NEGATIVE_INFINITY);
    if (interval < LONGEST_INTERVAL) {
      this.#interval += WEIGHT * (interval - this.#interval);
    }
    this.#lastKeystroke = now;
  }

  /** The server has answered, this many milliseconds after it was asked. */
  answered(ms: number): void {
    this.#latency += WEIGHT * (ms - this.#latency);
  }

  /** Returns how long to wait after the last keystroke. */
  delay(question: DelayQuestion): Delay {
    if (question.trigger === 'manual') {
      return { ms: 0, reason: 'asked for by hand' };
    }
    if (question.expected) {
      return { ms: 0, reason: 'more was expected' };
    }
    if (question.lineBefore.trim() === '') {
      return { ms: 0, reason: 'start of the line' };
    }
    const pressure = this.#latency / Math.max(1, this.#interval);
    const share = Math.min(1, Math.max(0, (pressure - QUICK) / (SLOW - QUICK)));
    const ms = SHORTEST + share * Math.max(0, PAUSE * this.#interval - SHORTEST);
    return {
      ms: Math.round(Math.min(ms, question.maxDelay)),
      reason: `a key every ${this.#interval.toFixed(0)} ms, an answer after ${this.#latency.toFixed(0)} ms`,
    };
  }

  /** Returns what is left of a delay, since the keystroke was some time ago already. */
  left(delay: Delay, now: number): number {
    return Math.max(0, delay.ms - (now - (this.#lastKeystroke ?? now)));
  }
}
