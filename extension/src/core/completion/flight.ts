import type { Clock } from '../clock.js';
import type { GatheredContext } from '../context/types.js';
import type { CockpitClient, CompletionDelta, CompletionRequest, Usage } from '../server/types.js';
import type { SyntaxView } from '../syntax/view.js';
import type { CachedChoice } from './cache.js';
import { Course, type Heading } from './course.js';
import { withoutCarriageReturns, type CursorView } from './cursor.js';
import type { Limit } from './stop.js';

/** What a request is for. A prefetch gives way to everything else. */
export type Purpose = 'question' | 'alternatives' | 'prefetch';

/** What is needed when the answer has come; the flight itself only carries it. */
export interface Luggage {
  /** Where the answer belongs. */
  readonly view: CursorView;
  readonly context: GatheredContext;
  readonly syntax?: SyntaxView;
  readonly tabSize?: number;
  /** Of alternatives: what is offered before them. */
  readonly before?: readonly CachedChoice[];
}

export interface FlightPlan extends Heading {
  readonly purpose: Purpose;
  readonly request: CompletionRequest;
  readonly multiline: boolean;
  /** Makes the test that ends one choice. */
  readonly limit: () => Limit;
  readonly luggage: Luggage;
}

/** One of the answers of a request, as far as it has come. */
export interface FlightChoice {
  text: string;
  /** How it ended; `cut` when there was enough of it. */
  ended: 'stop' | 'length' | 'cut' | undefined;
  /** Why there was enough. */
  reason?: string;
  readonly limit: Limit;
}

type State = 'running' | 'landed' | 'failed' | 'aborted';

interface Waiter {
  readonly wanted: () => boolean;
  readonly resolve: (outcome: 'landed' | 'left') => void;
  readonly reject: (problem: unknown) => void;
}

/** How long a request goes on that nobody waits for; a keystroke has its question within it. */
const GRACE = 200;
/** After this time of streaming, in milliseconds, the whole lines that have come are enough. */
const PATIENCE = 2_000;

/** One request to the server and its answer so far. */
export class Flight {
  readonly plan: FlightPlan;
  readonly course: Course;
  readonly launchedAt: number;
  firstTextAt: number | undefined;
  landedAt: number | undefined;
  usage: Usage | undefined;
  readonly choices: readonly FlightChoice[];
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #onEnd: (flight: Flight) => void;
  #state: State = 'running';
  #problem: unknown;
  /** How often somebody began to wait. */
  #waits = 0;

  constructor(
    plan: FlightPlan,
    client: CockpitClient,
    clock: Clock,
    onEnd: (flight: Flight) => void,
  ) {
    this.plan = plan;
    this.choices = Array.from({ length: plan.request.choices ?? 1 }, () => ({
      text: '',
      ended: undefined,
      limit: plan.limit(),
    }));
    this.launchedAt = clock.now();
    this.#clock = clock;
    this.course = new Course(plan, () =>
      this.choices.map(({ text, ended }) => ({ text, open: ended === undefined })),
    );
    this.#onEnd = onEnd;
    void this.#fly(client);
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Waits for the end as long as the answer is wanted, which is asked with every piece of it.
   *
   * @throws the problem when the request failed, the signal's reason when it aborts.
   */
  async wait(wanted: () => boolean, signal: AbortSignal): Promise<'landed' | 'left'> {
    signal.throwIfAborted();
    if (this.#state !== 'running') {
      return this.#outcome(wanted);
    }
    let stop: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const waiter: Waiter = { wanted, resolve, reject };
        const onAbort = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        this.#waiters.add(waiter);
        this.#waits++;
        stop = () => {
          signal.removeEventListener('abort', onAbort);
          this.#waiters.delete(waiter);
        };
      });
    } finally {
      stop?.();
      this.#leaveAloneOrEnd();
    }
  }

  /** Ends the request upstream; does nothing when it has ended. */
  abort(): void {
    if (this.#state === 'running') {
      this.#end('aborted');
      this.#controller.abort(new Error('nobody wants this completion any more'));
    }
  }

  async #fly(client: CockpitClient): Promise<void> {
    try {
      for await (const delta of client.complete(this.plan.request, this.#controller.signal)) {
        this.#take(delta);
        if (this.#state !== 'running' || this.#enough()) {
          break;
        }
      }
      if (this.#state === 'running') {
        this.#land();
      }
    } catch (problem) {
      if (this.#state === 'running') {
        this.#problem = problem;
        this.#end('failed');
      }
    }
  }

  #take(delta: CompletionDelta): void {
    this.usage = delta.usage ?? this.usage;
    const choice = this.choices[delta.index];
    if (!choice || choice.ended) {
      return;
    }
    if (delta.text !== '') {
      this.firstTextAt ??= this.#clock.now();
      choice.text = withoutCarriageReturns(choice.text + delta.text);
      this.#limit(choice);
    }
    choice.ended ??= delta.finish;
    for (const waiter of [...this.#waiters]) {
      if (!waiter.wanted()) {
        waiter.resolve('left');
      }
    }
  }

  #limit(choice: FlightChoice): void {
    const verdict = choice.limit(choice.text);
    if (verdict !== 'more') {
      choice.text = choice.text.slice(0, verdict.cut);
      choice.ended = 'cut';
      choice.reason = verdict.reason;
      return;
    }
    const wholeLines = Math.max(0, choice.text.lastIndexOf('\n'));
    const since = this.#clock.now() - (this.firstTextAt ?? 0);
    if (this.plan.multiline && since > PATIENCE && choice.text.slice(0, wholeLines).trim() !== '') {
      choice.text = choice.text.slice(0, wholeLines);
      choice.ended = 'cut';
      choice.reason = 'enough time';
    }
  }

  /** Whether all choices have said enough; then the request ends here, not at the last token. */
  #enough(): boolean {
    const cut = this.choices.some(({ ended }) => ended === 'cut');
    if (!cut || this.choices.some(({ ended }) => ended === undefined)) {
      return false;
    }
    this.#land();
    this.#controller.abort(new Error('the completion is complete'));
    return true;
  }

  #land(): void {
    for (const choice of this.choices) {
      choice.ended ??= 'stop';
    }
    this.#end('landed');
  }

  #end(state: State): void {
    this.#state = state;
    this.landedAt = this.#clock.now();
    this.#onEnd(this);
    for (const waiter of [...this.#waiters]) {
      if (state === 'failed') {
        waiter.reject(this.#problem);
      } else {
        waiter.resolve(state === 'landed' && waiter.wanted() ? 'landed' : 'left');
      }
    }
  }

  #outcome(wanted: () => boolean): 'landed' | 'left' {
    if (this.#state === 'failed') {
      throw this.#problem;
    }
    return this.#state === 'landed' && wanted() ? 'landed' : 'left';
  }

  #leaveAloneOrEnd(): void {
    if (this.#state !== 'running' || this.#waiters.size > 0 || this.plan.purpose === 'prefetch') {
      return;
    }
    const waits = this.#waits;
    this.#clock.sleep(GRACE, this.#controller.signal).then(
      () => {
        if (this.#waits === waits) {
          this.abort();
        }
      },
      () => undefined,
    );
  }
}
