import * as vscode from 'vscode';

const KEY = 'aicockpit.snoozedUntil';
/** The longest delay that a timer can take. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Completions are quiet for a while. It outlasts the window. */
export interface Snooze {
  /** When it ends, as `Date.now()` counts; undefined while there is none. */
  readonly until: number | undefined;
  /** Begins, or begins anew. */
  start(minutes: number): void;
  end(): void;
  readonly onDidChange: vscode.Event<void>;
}

/** The snooze kept in `state`. */
export function createSnooze(state: vscode.Memento): Snooze & { dispose(): void } {
  return new KeptSnooze(state);
}

class KeptSnooze implements Snooze {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  #until: number;
  #timer: NodeJS.Timeout | undefined;
  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#until = state.get<number>(KEY, 0);
    this.#arm();
  }

  get until(): number | undefined {
    return this.#until > Date.now() ? this.#until : undefined;
  }

  start(minutes: number): void {
    this.#set(Date.now() + minutes * 60_000);
  }

  end(): void {
    this.#set(0);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  #set(until: number): void {
    this.#until = until;
    void this.#state.update(KEY, until || undefined);
    this.#arm();
    this.#changed.fire();
  }

  /** Tells everybody when the time is over. */
  #arm(): void {
    clearTimeout(this.#timer);
    const left = this.#until - Date.now();
    if (left > 0 && left < LONGEST_TIMER_MS) {
      this.#timer = setTimeout(() => this.#changed.fire(), left);
    }
  }
}
