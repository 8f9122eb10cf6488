import * as vscode from 'vscode';

/** Something that runs and shows itself in the status bar. */
export interface Running {
  /** Shows other words, such as `12 tok/s`. */
  update(text: string): void;
  /** Takes it from the status bar; calling it twice is fine. */
  end(): void;
}

/** What runs now. */
export interface Activity {
  /** Shows `label` until it ends; of several, the one that began last. */
  begin(label: string): Running;
  /** What to show; undefined while nothing runs. */
  readonly current: string | undefined;
  readonly onDidChange: vscode.Event<void>;
}

/** An activity with nothing running. */
export function createActivity(): Activity & { dispose(): void } {
  return new RunningActivity();
}

class RunningActivity implements Activity {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #running = new Map<Running, string>();
  readonly onDidChange = this.#changed.event;

  get current(): string | undefined {
    return [...this.#running.values()].at(-1);
  }

  begin(label: string): Running {
    const running: Running = {
      update: (text) => {
        if (this.#running.has(running) && this.#running.get(running) !== text) {
          this.#running.set(running, text);
          this.#changed.fire();
        }
      },
      end: () => {
        if (this.#running.delete(running)) {
          this.#changed.fire();
        }
      },
    };
    this.#running.set(running, label);
    this.#changed.fire();
    return running;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
