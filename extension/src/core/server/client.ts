/** The server over HTTP: one `fetch` per question, answers streamed. */

import type { Clock } from '../clock.js';
import { normalAddress } from './address.js';
import {
  errorOf,
  problemOfAnswer,
  problemOfBreak,
  problemOfEarlyEnd,
  problemOfError,
  problemOfFailure,
  problemOfOtherContent,
  problemOfRedirect,
  problemOfShape,
  wasClosed,
} from './failures.js';
import { ServerProblem } from './problem.js';
import { BadStream, EarlyEnd, eventData } from './sse.js';
import type {
  ChatDelta,
  ChatRequest,
  CockpitClient,
  CompletionDelta,
  CompletionRequest,
  ModelInfo,
  ServerStatus,
  Usage,
} from './types.js';
import {
  chatBody,
  completionBody,
  readChatEvent,
  readCompletionEvent,
  readModels,
  readStatus,
} from './wire.js';

/** A question about the server itself that has no answer after this long will get none. */
const CONTROL_MS = 10_000;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What the client needs; address and key are asked for before each request. */
export interface ClientParts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** The server's address as the user wrote it. */
  readonly address: () => string;
  /** The API key for that address, if there is one. */
  readonly key: (address: string) => Promise<string | undefined>;
  /** Is told about each finished generation, whatever its end. */
  readonly onExchange?: (exchange: Exchange) => void;
}

/** One generation in figures. */
export interface Exchange {
  readonly task: Task;
  readonly model: string;
  readonly outcome: 'done' | 'left' | 'failed';
  /** Milliseconds to the first text; absent when there was none. */
  readonly firstTextMs?: number;
  readonly totalMs: number;
  readonly usage?: Usage;
  /** The code of the problem that ended it. */
  readonly code?: string;
}

type Task = 'completion' | 'edit' | 'chat';

interface Generation<Delta> {
  readonly task: Task;
  readonly model: string;
  readonly path: string;
  readonly body: string;
  readonly read: (event: unknown) => readonly Delta[];
}

/** Makes the client. It holds no connection and does nothing until it is asked. */
export function createClient(parts: ClientParts): CockpitClient {
  return new HttpClient(parts);
}

class HttpClient implements CockpitClient {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  async models(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    return readModels(await this.#ask('/v1/models', signal));
  }

  async status(signal: AbortSignal): Promise<ServerStatus> {
    return readStatus(await this.#ask('/api/status', signal));
  }

  complete(request: CompletionRequest, signal: AbortSignal): AsyncIterable<CompletionDelta> {
    return this.#generate(
      {
        task: 'completion',
        model: request.model,
        path: '/v1/completions',
        body: completionBody(request),
        read: readCompletionEvent,
      },
      signal,
    );
  }

  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatDelta> {
    return this.#generate(
      {
        task: request.task,
        model: request.model,
        path: '/v1/chat/completions',
        body: chatBody(request),
        read: readChatEvent,
      },
      signal,
    );
  }

  /** Asks for JSON about the server itself, within a time limit. */
  async #ask(path: string, signal: AbortSignal): Promise<unknown> {
    const limit = AbortSignal.timeout(CONTROL_MS);
    const address = this.#address();
    try {
      const response = await this.#send(address, path, {
        signal: AbortSignal.any([signal, limit]),
      });
      const body = await bodyOf(response, address);
      try {
        return JSON.parse(body) as unknown;
      } catch {
        throw problemOfOtherContent(response, body, address);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) {
        const what = `${address} did not answer within ${CONTROL_MS / 1000} seconds.`;
        throw new ServerProblem('unreachable', what, { code: 'timed_out', cause: error });
      }
      throw error;
    }
  }

  async *#generate<Delta extends { readonly text: string; readonly usage?: Usage }>(
    generation: Generation<Delta>,
    signal: AbortSignal,
  ): AsyncGenerator<Delta, void, undefined> {
    const { clock, onExchange } = this.#parts;
    const begun = clock.now();
    let outcome: Exchange['outcome'] = 'left';
    let firstTextMs: number | undefined;
    let usage: Usage | undefined;
    let code: string | undefined;
    try {
      for await (const delta of this.#stream(generation, signal)) {
        firstTextMs ??= delta.text ? clock.now() - begun : undefined;
        usage = delta.usage ?? usage;
        yield delta;
      }
      outcome = 'done';
    } catch (error) {
      if (!signal.aborted && error instanceof ServerProblem) {
        outcome = 'failed';
        code = error.code;
      }
      throw error;
    } finally {
      onExchange?.({
        task: generation.task,
        model: generation.model,
        outcome,
        totalMs: clock.now() - begun,
        ...(firstTextMs === undefined ? {} : { firstTextMs }),
        ...(usage === undefined ? {} : { usage }),
        ...(code === undefined ? {} : { code }),
      });
    }
  }

  async *#stream<Delta>(
    generation: Generation<Delta>,
    signal: AbortSignal,
  ): AsyncGenerator<Delta, void, undefined> {
    const address = this.#address();
    const response = await this.#send(address, generation.path, {
      method: 'POST',
      body: generation.body,
      headers: { 'content-type': 'application/json', 'x-aicockpit-task': generation.task },
      signal,
    });
    try {
      const streams = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (!response.ok || !streams || !response.body) {
        const body = await bodyOf(response, address);
        throw problemOfOtherContent(response, body, address);
      }
      for await (const data of eventData(response.body)) {
        yield* generation.read(parsed(data));
      }
    } catch (error) {
      signal.throwIfAborted();
      throw problemInStream(error, address);
    }
  }

  #address(): string {
    const written = this.#parts.address();
    const address = normalAddress(written);
    if (address === undefined) {
      const what = `“${written.slice(0, 100)}” is not the address of a server.`;
      throw new ServerProblem('unreachable', what, {
        code: 'invalid_address',
        remedy: 'Set one such as http://127.0.0.1:8000, without user name and password.',
      });
    }
    return address;
  }

  /** Sends a request, once more when it met a connection that the server was just closing. */
  async #send(address: string, path: string, init: RequestInit): Promise<Response> {
    const key = await this.#parts.key(address);
    const request: RequestInit = {
      ...init,
      // Following would take the key to a place that the user did not choose.
      redirect: 'manual',
      headers: {
        ...(init.headers as Record<string, string> | undefined),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
    };
    const signal = init.signal ?? undefined;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      let response: Response;
      try {
        response = await this.#parts.fetch(address + path, request);
      } catch (error) {
        signal?.throwIfAborted();
        if (attempt === 1 && wasClosed(error)) {
          continue;
        }
        throw problemOfFailure(error, address);
      }
      if (response.status >= 300 && response.status < 400) {
        response.body?.cancel().catch(() => undefined);
        throw problemOfRedirect(response, address);
      }
      return response;
    }
  }
}

/** The whole body of an answer; throws the problem that it tells when its status is an error. */
async function bodyOf(response: Response, address: string): Promise<string> {
  let body: string;
  try {
    body = await response.text();
  } catch (error) {
    throw problemOfBreak(error, address);
  }
  if (!response.ok) {
    throw problemOfAnswer(response, body, address);
  }
  return body;
}

function parsed(data: string): unknown {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    throw problemOfShape('The answer holds an event that is no JSON.', 'bad_event', 200);
  }
  const error = errorOf(event);
  if (error) {
    throw problemOfError(error, 200);
  }
  return event;
}

function problemInStream(error: unknown, address: string): unknown {
  if (error instanceof ServerProblem) {
    return error;
  }
  if (error instanceof EarlyEnd) {
    return problemOfEarlyEnd(address);
  }
  if (error instanceof BadStream) {
    return problemOfShape(`The answer of ${address} is no event stream.`, 'bad_stream', 200);
  }
  return problemOfBreak(error, address);
}
