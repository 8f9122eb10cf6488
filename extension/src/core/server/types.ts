/** What the server is asked and what it answers, in the extension's own words. */

/** What a model may be used for. A server may know more roles; those are left out here. */
export type Role = 'completion' | 'edit' | 'chat';

export const ROLES: readonly Role[] = ['completion', 'edit', 'chat'];

/** Where a model's engine stands; `unknown` is a word that this version does not know. */
export type ModelState =
  'waiting' | 'starting' | 'ready' | 'stopping' | 'stopped' | 'failed' | 'refused' | 'unknown';

export const MODEL_STATES: readonly ModelState[] = [
  'waiting',
  'starting',
  'ready',
  'stopping',
  'stopped',
  'failed',
  'refused',
];

/** A model that can be asked, as `/v1/models` lists it. */
export interface ModelInfo {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly roles: readonly Role[];
  readonly state: ModelState;
  /** The model that answers when a request names none. */
  readonly default: boolean;
  /** Most tokens of prompt and answer together. */
  readonly contextLength?: number;
  /** The family of its fill-in-the-middle tokens; absent when it cannot fill in. */
  readonly fim?: string;
}

/** A model as `/api/status` shows it: also those that failed or were refused. */
export interface ModelStatus {
  readonly id: string;
  /** Its other names, the one in the server's configuration among them. */
  readonly aliases: readonly string[];
  readonly roles: readonly Role[];
  readonly state: ModelState;
  readonly default: boolean;
  /** What a starting engine does, such as `loading weights, 50 % (1 of 2 shards)`. */
  readonly phase?: string;
  readonly restarts: number;
  readonly error?: string;
}

export interface ServerStatus {
  /** The engine and its version, such as `vllm 0.11.0 (cuda)`. */
  readonly engine?: string;
  readonly models: readonly ModelStatus[];
}

/** A piece of another file that goes before the prompt. */
export interface ContextFile {
  readonly path: string;
  readonly text: string;
}

export interface CompletionRequest {
  readonly model: string;
  /** Text before the cursor. */
  readonly prefix: string;
  /** Text after the cursor. */
  readonly suffix: string;
  readonly path?: string;
  readonly repo?: string;
  /** In prompt order: the most useful last. */
  readonly context?: readonly ContextFile[];
  /** Most new tokens of each choice. */
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly stop?: readonly string[];
  /** Number of answers; one when absent. */
  readonly choices?: number;
}

/** Why an answer ended: the model had said all, or its tokens were used up. */
export type Finish = 'stop' | 'length';

/** Tokens of one request. */
export interface Usage {
  readonly promptTokens: number;
  /**
   * Those of the prompt that the engine found in its cache. Engines tell with the last event only:
   * absent for streams that were left before.
   */
  readonly cachedTokens?: number;
  readonly completionTokens: number;
}

/** The next piece of a completion. The event with the usage has no text. */
export interface CompletionDelta {
  /** Which of the choices it belongs to. */
  readonly index: number;
  readonly text: string;
  readonly finish?: Finish;
  readonly usage?: Usage;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Most new tokens. */
  readonly maxTokens: number;
  readonly temperature?: number;
  /** What it is for; the server runs edits before chats. */
  readonly task: 'edit' | 'chat';
  readonly stop?: readonly string[];
}

/** The next piece of a chat's answer. The event with the usage has no text. */
export interface ChatDelta {
  readonly text: string;
  readonly finish?: Finish;
  readonly usage?: Usage;
}

/** The server as the extension asks it. */
export interface CockpitClient {
  /**
   * Returns the models that can be asked, the default one first.
   *
   * @throws ServerProblem, or the signal's reason when it aborts.
   */
  models(signal: AbortSignal): Promise<readonly ModelInfo[]>;
  /**
   * Returns what every model does, including those that cannot be asked.
   *
   * @throws ServerProblem, or the signal's reason when it aborts.
   */
  status(signal: AbortSignal): Promise<ServerStatus>;
  /**
   * Fills in between prefix and suffix, piece by piece. Nothing is sent before the iteration
   * begins. Leaving the iteration, or aborting, closes the connection at once, at which the
   * server stops generating.
   *
   * @throws ServerProblem, or the signal's reason when it aborts.
   */
  complete(request: CompletionRequest, signal: AbortSignal): AsyncIterable<CompletionDelta>;
  /**
   * Answers a conversation, piece by piece; otherwise as `complete`.
   *
   * @throws ServerProblem, or the signal's reason when it aborts.
   */
  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatDelta>;
}
