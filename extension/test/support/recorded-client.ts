import type {
  ChatDelta,
  CockpitClient,
  CompletionDelta,
  CompletionRequest,
  ModelInfo,
  ServerStatus,
} from '../../src/core/server/types.js';
import type { VirtualClock } from './virtual-clock.js';

/** A piece of a recorded stream. */
export interface RecordedDelta extends Partial<CompletionDelta> {
  /** Milliseconds after the request. */
  readonly at: number;
}

/** What the server said; `problem` is how it ended. */
export interface Recording {
  readonly deltas: readonly RecordedDelta[];
  readonly problem?: Error;
}

/** One request that was made of the client. */
export interface RecordedRequest {
  readonly request: CompletionRequest;
  readonly at: number;
  endedAt?: number;
  /** `aborted` is also one that was left in the middle, as at the end of a line. */
  state: 'running' | 'answered' | 'aborted' | 'failed';
}

/** Plays recorded streams and keeps count of what it is asked. */
export class RecordedClient implements CockpitClient {
  readonly requests: RecordedRequest[] = [];
  /** Most requests that ran at the same time. */
  mostAtOnce = 0;
  #running = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly answer: (request: CompletionRequest) => Recording,
  ) {}

  get last(): RecordedRequest {
    return this.requests.at(-1)!;
  }

  count(state: RecordedRequest['state']): number {
    return this.requests.filter((request) => request.state === state).length;
  }

  async *complete(
    request: CompletionRequest,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionDelta> {
    const record: RecordedRequest = { request, at: this.clock.now(), state: 'running' };
    this.requests.push(record);
    this.#running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    const end = (state: RecordedRequest['state']): void => {
      if (record.state === 'running') {
        record.state = state;
        record.endedAt = this.clock.now();
        this.#running--;
      }
    };
    const onAbort = (): void => end('aborted');
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const { deltas, problem } = this.answer(request);
      for (const { at, ...delta } of deltas) {
        await this.clock.sleep(Math.max(0, record.at + at - this.clock.now()), signal);
        yield { index: 0, text: '', ...delta };
      }
      if (problem) {
        end('failed');
        throw problem;
      }
      end('answered');
    } finally {
      signal.removeEventListener('abort', onAbort);
      end('aborted');
    }
  }

  models(): Promise<readonly ModelInfo[]> {
    return Promise.reject(new Error('completions ask for no models'));
  }

  status(): Promise<ServerStatus> {
    return Promise.reject(new Error('completions ask for no status'));
  }

  chat(): AsyncIterable<ChatDelta> {
    throw new Error('completions do not chat');
  }
}

/**
 * Writes a stream by hand: pieces of text (about a token each), the first after `first`
 * milliseconds, each next one after `each`.
 */
export function stream(
  text: string | readonly string[],
  { first = 50, each = 10 }: { first?: number; each?: number } = {},
): Recording {
  const pieces = typeof text === 'string' ? (text.match(/\s*\S+|\s+$/g) ?? []) : text;
  const deltas: RecordedDelta[] = pieces.map((piece, index) => ({
    at: first + index * each,
    text: piece,
  }));
  const end = first + pieces.length * each;
  return { deltas: [...deltas, { at: end, finish: 'stop' }] };
}
