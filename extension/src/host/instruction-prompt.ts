import * as vscode from 'vscode';
import { promptChoices, type PromptChoice } from '../core/edit/choices.js';

/** A thing that the prompt offers besides typing. */
export interface PromptOffer {
  readonly id: string;
  readonly text: string;
  readonly icon: string;
}

/** A button in the prompt's title; the prompt comes back after `run`, as it was. */
export interface PromptButton {
  readonly icon: string;
  readonly tooltip: () => string;
  readonly run: () => Promise<void>;
}

export interface PromptOptions {
  /** What the words will be done to. */
  readonly title: string;
  readonly placeholder: string;
  /** What is done to them, such as `Edit`. */
  readonly verb: string;
  /** What was typed when the prompt was dismissed last. */
  readonly draft: string;
  readonly history: readonly string[];
  readonly offers?: readonly PromptOffer[];
  readonly buttons?: readonly PromptButton[];
  /** The files that the mention at the end of a text may mean; undefined when there is none. */
  readonly files?: (typed: string) => Promise<readonly string[]> | undefined;
  /** Puts a file into the mention at the end of a text. */
  readonly complete?: (typed: string, path: string) => string;
  /** Is told when the user no longer wants an earlier instruction. */
  readonly forget?: (text: string) => void;
}

export type PromptAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'offer'; readonly id: string }
  | { readonly kind: 'dismissed'; readonly typed: string };

interface Item extends vscode.QuickPickItem {
  readonly choice: PromptChoice;
}

/** Asks the user for an instruction. */
export function askForInstruction(options: PromptOptions): Promise<PromptAnswer> {
  return new InstructionPrompt(options).ask();
}

/**
 * A quick pick that is used as an input: whatever is typed can be sent. The editor would filter
 * and sort by labels, so all that is not typed stands in descriptions, which it leaves alone.
 */
class InstructionPrompt {
  readonly #options: PromptOptions;
  readonly #pick = vscode.window.createQuickPick<Item>();
  readonly #forgotten = new Set<string>();
  #files: readonly string[] = [];
  #lookups = 0;
  #stepsAside = false;

  constructor(options: PromptOptions) {
    this.#options = options;
    const pick = this.#pick;
    pick.title = options.title;
    pick.placeholder = options.placeholder;
    pick.value = options.draft;
    pick.matchOnDescription = false;
    this.#showButtons();
    this.#showItems();
  }

  ask(): Promise<PromptAnswer> {
    const pick = this.#pick;
    return new Promise((resolve) => {
      let answer: PromptAnswer | undefined;
      pick.onDidChangeValue(() => this.#onType());
      pick.onDidAccept(() => {
        answer = this.#accepted();
        if (answer) {
          pick.hide();
        }
      });
      pick.onDidTriggerButton((button) => void this.#onButton(button));
      pick.onDidTriggerItemButton(({ item }) => this.#forget(item));
      pick.onDidHide(() => {
        if (!this.#stepsAside) {
          resolve(answer ?? { kind: 'dismissed', typed: pick.value });
          pick.dispose();
        }
      });
      pick.show();
      this.#onType();
    });
  }

  #onType(): void {
    const typed = this.#pick.value;
    const lookup = ++this.#lookups;
    this.#files = [];
    this.#showItems();
    const found = this.#options.files?.(typed);
    found?.then(
      (files) => {
        if (lookup === this.#lookups) {
          this.#files = files;
          this.#showItems();
        }
      },
      () => undefined,
    );
  }

  #accepted(): PromptAnswer | undefined {
    const choice = this.#pick.activeItems[0]?.choice;
    const text = this.#pick.value.trim();
    switch (choice?.kind) {
      case 'offer':
        return choice;
      case 'history':
        return { kind: 'text', text: choice.text };
      case 'file':
        this.#pick.value = this.#options.complete?.(this.#pick.value, choice.path) ?? text;
        this.#onType();
        return undefined;
      default:
        // What was typed counts, not the item: the user may be faster than it is redrawn.
        return text === '' ? undefined : { kind: 'text', text };
    }
  }

  #showItems(): void {
    const { history, offers } = this.#options;
    const { choices, active } = promptChoices({
      typed: this.#pick.value,
      history: history.filter((entry) => !this.#forgotten.has(entry)),
      offers: offers?.map(({ id }) => id) ?? [],
      files: this.#files,
    });
    const items = choices.map((choice) => this.#itemFor(choice));
    this.#pick.items = items;
    const chosen = items[active];
    if (chosen) {
      this.#pick.activeItems = [chosen];
    }
  }

  #itemFor(choice: PromptChoice): Item {
    switch (choice.kind) {
      case 'submit':
        return {
          choice,
          label: `$(sparkle) ${this.#options.verb}: ${choice.text || '…'}`,
          alwaysShow: true,
        };
      case 'offer': {
        const offer = this.#options.offers?.find(({ id }) => id === choice.id);
        return {
          choice,
          label: `$(${offer?.icon ?? 'wand'})`,
          description: offer?.text ?? '',
          alwaysShow: true,
        };
      }
      case 'file':
        return { choice, label: '$(file)', description: choice.path, alwaysShow: true };
      case 'history':
        return {
          choice,
          label: '$(history)',
          description: choice.text,
          alwaysShow: true,
          buttons: this.#options.forget
            ? [
                {
                  iconPath: new vscode.ThemeIcon('close'),
                  tooltip: vscode.l10n.t('Remove from the history'),
                },
              ]
            : [],
        };
    }
  }

  #forget({ choice }: Item): void {
    if (choice.kind === 'history') {
      this.#forgotten.add(choice.text);
      this.#options.forget?.(choice.text);
      this.#showItems();
    }
  }

  #showButtons(): void {
    this.#pick.buttons = (this.#options.buttons ?? []).map(({ icon, tooltip }) => ({
      iconPath: new vscode.ThemeIcon(icon),
      tooltip: tooltip(),
    }));
  }

  async #onButton(pressed: vscode.QuickInputButton): Promise<void> {
    const button = this.#options.buttons?.[this.#pick.buttons.indexOf(pressed)];
    if (!button) {
      return;
    }
    // Another pick takes the place of this one meanwhile.
    this.#stepsAside = true;
    try {
      await button.run();
    } finally {
      this.#showButtons();
      this.#pick.show();
      this.#stepsAside = false;
    }
  }
}
