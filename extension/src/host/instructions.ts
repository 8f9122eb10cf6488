import type * as vscode from 'vscode';
import { readHistory, remember } from '../core/edit/history.js';

/** What the user asked for earlier, per kind of question, and what is typed but not sent. */
export class Instructions {
  readonly #memento: vscode.Memento;
  readonly #key: string;
  draft = '';

  /** @param kind the kind of question, such as `edit`; a part of the key they are stored under. */
  constructor(memento: vscode.Memento, kind: string) {
    this.#memento = memento;
    this.#key = `aicockpit.${kind}.history`;
  }

  get history(): readonly string[] {
    return readHistory(this.#memento.get(this.#key));
  }

  async remember(instruction: string): Promise<void> {
    this.draft = '';
    await this.#memento.update(this.#key, remember(this.history, instruction));
  }

  async forget(instruction: string): Promise<void> {
    const left = this.history.filter((entry) => entry !== instruction);
    await this.#memento.update(this.#key, left);
  }
}
