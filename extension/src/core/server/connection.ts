/** Keeps an eye on the server: one owner of the state, which asks as rarely as it can. */

import type { Clock } from '../clock.js';
import { Listeners } from '../listeners.js';
import type { Logger } from '../log.js';
import { isLocal } from './address.js';
import { ServerProblem, type ProblemKind } from './problem.js';
import {
  answers,
  chosenModel,
  sameState,
  stateOfFinding,
  type ConnectionState,
  type Finding,
  type WantedModels,
} from './state.js';
import type { CockpitClient, ModelInfo, Role } from './types.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
const LOADING_PAUSE_MS = 1000;
/** How old a finding may be before the next use of a feature has it checked. */
const STALE_MS = 60_000;
/** Failing requests come in swarms; one check per this time is enough. */
const LEAST_BETWEEN_REPORTS_MS = 1000;

/** How the server stands. Features ask it before they ask the server. */
export interface Connection {
  readonly state: ConnectionState;
  /** Calls the listener after each change; returns how to stop. */
  onDidChange(listener: (state: ConnectionState) => void): () => void;
  /**
   * Returns the model to ask now, or undefined while there is none that answers. A call counts
   * as a use: it has a finding older than a minute checked in the background.
   */
  modelFor(role: Role): ModelInfo | undefined;
  /** Checks now, or waits for the check that runs; resolves with what it found. Never rejects. */
  refresh(): Promise<ConnectionState>;
  /** Tells of a request that failed; has the server checked where that may say something new. */
  report(problem: ServerProblem): void;
}

export interface ConnectionParts {
  readonly client: Pick<CockpitClient, 'models' | 'status'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly enabled: () => boolean;
  readonly address: () => string;
  readonly keySet: () => Promise<boolean>;
  readonly wanted: () => WantedModels;
}

/**
 * Milliseconds until the server is checked again by itself: every second while it loads, with
 * growing pauses while it is away, and not at all where only the user, or a use, brings news.
 *
 * @param failures checks in a row that found a problem.
 */
export function pauseAfter(state: ConnectionState, failures: number): number | undefined {
  switch (state.kind) {
    case 'loading':
      return LOADING_PAUSE_MS;
    case 'unreachable':
      return state.reason === 'invalid-address' ? undefined : backOff(failures);
    case 'failed':
    case 'foreign':
      return backOff(failures);
    default:
      return undefined;
  }
}

function backOff(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
}

const NEWS: ReadonlySet<ProblemKind> = new Set([
  'unreachable',
  'certificate',
  'unauthorized',
  'loading',
  'unknown-model',
  'failed',
  'interrupted',
  'protocol',
]);

/** The connection of one window. Nothing happens before `start`. */
export class ServerConnection implements Connection {
  readonly #parts: ConnectionParts;
  readonly #listeners = new Listeners<ConnectionState>();
  #state: ConnectionState = { kind: 'off' };
  /** As last found; also beside a state that tells of another model's failure. */
  #models: readonly ModelInfo[] = [];
  #address = '';
  #failures = 0;
  #checkedAt = -Infinity;
  /** The check that runs now; resolves also when it is given up. */
  #checking: Promise<void> | undefined;
  #round = new AbortController();

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  onDidChange(listener: (state: ConnectionState) => void): () => void {
    return this.#listeners.add(listener);
  }

  modelFor(role: Role): ModelInfo | undefined {
    if (this.#state.kind === 'off') {
      return undefined;
    }
    if (this.#parts.clock.now() - this.#checkedAt > STALE_MS) {
      void this.refresh();
    }
    const model = chosenModel(this.#models, role, this.#parts.wanted()[role]);
    return model && answers(model) ? model : undefined;
  }

  async refresh(): Promise<ConnectionState> {
    if (this.#state.kind === 'off') {
      return this.#state;
    }
    if (!this.#checking) {
      this.#begin();
    }
    while (this.#checking) {
      await this.#checking;
    }
    return this.#state;
  }

  report(problem: ServerProblem): void {
    const age = this.#parts.clock.now() - this.#checkedAt;
    if (NEWS.has(problem.kind) && age >= LEAST_BETWEEN_REPORTS_MS) {
      void this.refresh();
    }
  }

  /** Begins to watch the server, if the extension is switched on. */
  start(): void {
    this.configure();
  }

  /** Takes note that the switch, the address, the key or the models may have changed. */
  configure(): void {
    if (!this.#parts.enabled()) {
      this.dispose();
      this.#show({ kind: 'off' });
      return;
    }
    const address = this.#parts.address();
    if (this.#state.kind === 'off' || this.#address !== address) {
      this.#address = address;
      this.#models = [];
      this.#show({ kind: 'connecting' });
    }
    this.#failures = 0;
    this.#begin();
  }

  /** Stops watching. */
  dispose(): void {
    this.#round.abort(new Error('The connection is not watched any more.'));
  }

  /** Checks now and then as often as the state asks for, in place of what ran before. */
  #begin(): void {
    this.dispose();
    this.#round = new AbortController();
    void this.#watch(this.#round.signal);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const checking = this.#check(signal).finally(() => {
          if (this.#checking === checking) {
            this.#checking = undefined;
          }
        });
        this.#checking = checking;
        await checking;
        const pause = pauseAfter(this.#state, this.#failures);
        if (signal.aborted || pause === undefined) {
          return;
        }
        await this.#parts.clock.sleep(pause, signal);
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#parts.log.error('watching the server failed', { error: String(error) });
      }
    }
  }

  /** Asks once and shows what it found. Rejects never; given up, it shows nothing. */
  async #check(signal: AbortSignal): Promise<void> {
    const finding = await this.#find(signal);
    if (signal.aborted || !finding) {
      return;
    }
    this.#checkedAt = this.#parts.clock.now();
    this.#models = finding.kind === 'models' ? finding.models : [];
    const state = stateOfFinding(finding, this.#parts.wanted());
    const up = finding.kind === 'models' && state.kind !== 'failed';
    this.#failures = up ? 0 : this.#failures + 1;
    this.#show(state);
  }

  async #find(signal: AbortSignal): Promise<Finding | undefined> {
    const { client, keySet } = this.#parts;
    const url = this.#address;
    try {
      const models = await client.models(signal);
      const found: Finding = { kind: 'models', models };
      if (stateOfFinding(found, this.#parts.wanted()).kind === 'ready') {
        return found;
      }
      const { models: statuses } = await client.status(signal);
      return { kind: 'models', models, statuses };
    } catch (error) {
      if (signal.aborted) {
        return undefined;
      }
      const problem =
        error instanceof ServerProblem
          ? error
          : new ServerProblem('failed', String(error), { code: 'internal', cause: error });
      return { kind: 'problem', problem, url, local: isLocal(url), keySet: await keySet() };
    }
  }

  #show(state: ConnectionState): void {
    if (sameState(this.#state, state)) {
      return;
    }
    const before = this.#state.kind;
    this.#state = state;
    if (before !== state.kind) {
      const message = 'message' in state ? state.message : undefined;
      this.#parts.log.info('connection', { state: state.kind, before, message });
    }
    this.#listeners.tell(state);
  }
}
