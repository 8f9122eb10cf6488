import type { Latency } from '../server/latency.js';
import type { ConnectionState, WantedModels } from '../server/state.js';
import type { CompletionSwitch } from './switch.js';

/** Everything that the status bar, its tooltip and its menu show. */
export interface StatusView {
  readonly state: ConnectionState;
  readonly address: string;
  readonly wanted: WantedModels;
  readonly completions: CompletionSwitch;
  /** The active document's language; absent without a document. */
  readonly language?: string;
  /** Minutes left of a snooze, rounded up. */
  readonly snoozeMinutes?: number;
  /** What runs now, such as `12 tok/s`. */
  readonly activity?: string;
  readonly completionLatency?: Latency;
  readonly editLatency?: Latency;
}

/** Translates; `{0}` and so on stand for the arguments. */
export type Translate = (text: string, ...args: (string | number)[]) => string;
