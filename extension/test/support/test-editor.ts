import { CompletionEngine } from '../../src/core/completion/engine.js';
import { Retention } from '../../src/core/completion/retention.js';
import { Statistics, type Figures } from '../../src/core/completion/statistics.js';
import type {
  Answer,
  Candidate,
  CompletionOptions,
  Question,
  SelectedSuggestion,
} from '../../src/core/completion/types.js';
import type { GatheredContext } from '../../src/core/context/types.js';
import type { Logger } from '../../src/core/log.js';
import type { CompletionRequest, ModelInfo } from '../../src/core/server/types.js';
import type { TextSnapshot } from '../../src/core/text.js';
import { RecordedClient, stream, type Recording } from './recorded-client.js';
import { settle, VirtualClock } from './virtual-clock.js';

export const CURSOR = '█';

export const MODEL_WITHOUT_FIM: ModelInfo = {
  id: 'coder',
  aliases: [],
  roles: ['completion'],
  state: 'ready',
  default: true,
  contextLength: 8192,
};

export const MODEL: ModelInfo = { ...MODEL_WITHOUT_FIM, fim: 'qwen' };

/** Without delays, which tests of something else need not wait for. */
export const OPTIONS: CompletionOptions = {
  multiline: 'auto',
  maxTokens: 128,
  maxDelay: 0,
  prefetch: false,
  alternatives: 3,
};

export const CONTEXT: GatheredContext = {
  files: [],
  sources: [],
  skipped: [],
  held: false,
  mentions: [],
  problems: [],
  path: 'src/example.py',
};

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface TestEditorParts {
  readonly options?: Partial<CompletionOptions>;
  readonly language?: string;
  readonly context?: GatheredContext;
  readonly eol?: '\n' | '\r\n';
  /** Milliseconds from a keystroke to the question, as editors take them. */
  readonly lag?: number;
}

/**
 * An editor with one document, its cursor and its ghost text, that asks an engine as real ones do:
 * at every change, giving up the question before, and showing only what still fits.
 */
export class TestEditor {
  readonly clock = new VirtualClock();
  readonly client: RecordedClient;
  readonly engine: CompletionEngine;
  readonly statistics: Statistics;
  readonly asking: boolean[] = [];
  readonly problems: unknown[] = [];
  readonly answers: Answer[] = [];
  saved: Figures | undefined;
  text: string;
  cursor: number;
  version = 1;
  ghosts: readonly Candidate[] = [];
  /** The editor has closed a bracket or a quote. */
  hasClosed = false;
  /** What the model says to a request. */
  readonly say: (request: CompletionRequest) => Recording;
  readonly #parts: TestEditorParts;
  #pending: AbortController | undefined;

  constructor(
    marked: string,
    answer: string | ((request: CompletionRequest) => Recording),
    parts: TestEditorParts = {},
  ) {
    this.#parts = parts;
    const whole = parts.eol === '\r\n' ? marked.replaceAll('\n', '\r\n') : marked;
    this.cursor = whole.indexOf(CURSOR);
    this.text = whole.replace(CURSOR, '');
    this.say = typeof answer === 'string' ? () => stream(answer) : answer;
    this.client = new RecordedClient(this.clock, this.say);
    this.statistics = new Statistics({
      load: () => undefined,
      save: (figures) => (this.saved = figures),
    });
    const read = (_: string, start: number, end: number): string => this.text.slice(start, end);
    const retention = new Retention(this.clock, read, (accepted, retained) => {
      this.statistics.count('watchedCharacters', accepted);
      this.statistics.count('retainedCharacters', retained);
    });
    this.engine = new CompletionEngine(
      {
        client: this.client,
        clock: this.clock,
        log: silent,
        statistics: this.statistics,
        retention,
      },
      {
        asking: (running) => this.asking.push(running),
        failed: (problem) => this.problems.push(problem),
      },
    );
  }

  /** The document with its cursor. */
  get marked(): string {
    return this.text.slice(0, this.cursor) + CURSOR + this.text.slice(this.cursor);
  }

  /** The document as it looks: the ghost text between `├` and `┤` at the cursor. */
  get shown(): string {
    const ghost = this.ghosts[0];
    const text = ghost ? `├${ghost.text}┤` : '';
    return this.text.slice(0, this.cursor) + CURSOR + text + this.text.slice(this.cursor);
  }

  /** Milliseconds from a keystroke to the question. */
  get lag(): number {
    return this.#parts.lag ?? 0;
  }

  get ghost(): string | undefined {
    return this.ghosts[0]?.text;
  }

  get snapshot(): TextSnapshot {
    return {
      uri: 'file:///example',
      path: 'src/example.py',
      language: this.#parts.language ?? 'python',
      version: this.version,
      text: this.text,
      eol: this.#parts.eol ?? '\n',
    };
  }

  /** Types one character after the other, each `interval` milliseconds after the one before. */
  async type(characters: string, interval = 0): Promise<void> {
    for (const character of characters) {
      const eol = this.#parts.eol ?? '\n';
      await this.insert(character === '\n' ? eol : character);
      await this.clock.advance(interval);
    }
  }

  /** Inserts at once, and `right` after the cursor, as editors do with brackets. */
  async insert(text: string, right = ''): Promise<void> {
    this.hasClosed ||= right !== '';
    await this.replace(this.cursor, 0, text + right, this.cursor + text.length);
  }

  async deleteBack(count = 1): Promise<void> {
    for (let deleted = 0; deleted < count && this.cursor > 0; deleted++) {
      await this.replace(this.cursor - 1, 1, '', this.cursor - 1);
    }
  }

  /** Accepts the ghost text as a whole. */
  async accept(): Promise<void> {
    const ghost = this.ghosts[0]!;
    const start = this.cursor - ghost.replaceFrom;
    const removed = ghost.replaceFrom + ghost.replaceTo;
    const text = ghost.text.replaceAll('\n', this.#parts.eol ?? '\n');
    this.edit(start, removed, text, start + text.length);
    this.engine.accepted(ghost.id);
    await this.ask();
  }

  /** Accepts the beginning of the ghost text. */
  async acceptPart(characters: number): Promise<void> {
    await this.insert(this.ghosts[0]!.text.slice(0, characters));
  }

  async replace(offset: number, removed: number, inserted: string, cursor: number): Promise<void> {
    this.edit(offset, removed, inserted, cursor);
    await this.ask();
  }

  /** Changes the document without asking. */
  edit(offset: number, removed: number, inserted: string, cursor: number): void {
    this.text = this.text.slice(0, offset) + inserted + this.text.slice(offset + removed);
    this.cursor = cursor;
    this.version++;
    this.ghosts = [];
    this.#pending?.abort(new Error('cancelled by the editor'));
    this.engine.edited({
      uri: 'file:///example',
      version: this.version,
      changes: [{ offset, removed, inserted }],
    });
  }

  /** Moves the cursor to another place without a word to the engine. */
  go(offset: number): void {
    this.cursor = offset;
    this.ghosts = [];
    this.#pending?.abort(new Error('cancelled by the editor'));
  }

  question(question: Partial<Question> = {}): Question {
    const before = this.text.slice(0, this.cursor).split('\n');
    return {
      snapshot: this.snapshot,
      position: { line: before.length - 1, character: before.at(-1)!.length },
      trigger: 'automatic',
      gather: () => Promise.resolve(this.#parts.context ?? CONTEXT),
      options: { ...OPTIONS, ...this.#parts.options },
      model: MODEL,
      ...question,
    };
  }

  /** Asks what could stand at the cursor; the answer is shown when it comes in time. */
  async ask(question: Partial<Question> = {}): Promise<void> {
    this.#pending?.abort(new Error('cancelled by the editor'));
    const pending = new AbortController();
    this.#pending = pending;
    const version = this.version;
    if (this.lag > 0) {
      void this.clock.sleep(this.lag, pending.signal).then(
        () => this.#provide(question, version, pending),
        () => undefined,
      );
    } else {
      void this.#provide(question, version, pending);
    }
    await settle();
  }

  askWithSuggestion(selectedSuggestion: SelectedSuggestion): Promise<void> {
    return this.ask({ selectedSuggestion });
  }

  /** Lets time go by, and everything that happens in it happen. */
  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  async #provide(
    question: Partial<Question>,
    version: number,
    pending: AbortController,
  ): Promise<void> {
    const asked = this.question(question);
    const answer = await this.engine.provide(asked, pending.signal);
    this.answers.push(answer);
    if (this.version === version && !pending.signal.aborted) {
      this.ghosts = answer.candidates;
      for (const candidate of answer.candidates.slice(0, 1)) {
        this.engine.shown(candidate.id);
      }
    }
  }
}
