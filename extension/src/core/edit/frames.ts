import type { Clock } from '../clock.js';
import type { Row } from './rows.js';

/** What the rows are rendered for: more is coming, the user decides, or it is over. */
export type RenderPhase = 'streaming' | 'review' | 'done';

/** Where an edit is shown: the lines of the region in a document. */
export interface Surface {
  /**
   * Makes the region read as the rows say, all of them, and colours them. The session never calls
   * it again before it has resolved, and skips states that came meanwhile.
   *
   * @throws when the document cannot be changed any more; the edit then fails.
   */
  render(rows: readonly Row[], phase: RenderPhase): Promise<void>;
}

/** Least milliseconds from one frame of a streaming answer to the next: 25 a second look smooth. */
const FRAME = 40;

interface Frame {
  readonly rows: readonly Row[];
  readonly phase: RenderPhase;
}

/** Renders one frame after the other, always the latest, not more often than an editor likes. */
export class Frames {
  readonly #surface: Surface;
  readonly #clock: Clock;
  #next: Frame | undefined;
  #running: Promise<void> | undefined;
  #hurry = new AbortController();
  #closed = false;

  constructor(surface: Surface, clock: Clock) {
    this.#surface = surface;
    this.#clock = clock;
  }

  /**
   * Shows rows as soon as the surface is free. Only streaming frames wait for their turn.
   *
   * @returns when no frame is waiting any more; rejects with what the surface failed with, and then
   *   nothing is ever rendered again.
   */
  show(rows: readonly Row[], phase: RenderPhase): Promise<void> {
    if (this.#closed) {
      return Promise.resolve();
    }
    this.#next = { rows, phase };
    if (phase !== 'streaming') {
      this.#hurry.abort();
    }
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Renders nothing from now on; a frame under way still ends. */
  close(): void {
    this.#closed = true;
    this.#next = undefined;
    this.#hurry.abort();
  }

  async #run(): Promise<void> {
    try {
      while (this.#next) {
        const { rows, phase } = this.#next;
        this.#next = undefined;
        await this.#surface.render(rows, phase);
        if (phase === 'streaming') {
          await this.#pause();
        }
      }
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  async #pause(): Promise<void> {
    this.#hurry = new AbortController();
    if (this.#next && this.#next.phase !== 'streaming') {
      return;
    }
    await this.#clock.sleep(FRAME, this.#hurry.signal).catch(() => undefined);
  }
}
