import { expect } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { createClient, type Exchange, type Fetch } from '../../src/core/server/client.js';
import { ServerProblem } from '../../src/core/server/problem.js';
import type { ChatRequest, CockpitClient, CompletionRequest } from '../../src/core/server/types.js';
import { TestServer, type Handler } from './http-server.js';

/** A signal that never aborts. */
export const never = new AbortController().signal;
export const REQUEST: CompletionRequest = {
  model: 'm',
  prefix: 'a = ',
  suffix: '\n',
  maxTokens: 16,
};
export const CHAT: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: 'hello' }],
  maxTokens: 64,
  task: 'edit',
};

export interface Options {
  readonly key?: string;
  readonly fetch?: Fetch;
  readonly exchanges?: Exchange[];
}

/** The client of the server at an address. */
export function clientOf(address: string, options: Options = {}): CockpitClient {
  return createClient({
    fetch: options.fetch ?? fetch,
    clock: systemClock,
    address: () => address,
    key: () => Promise.resolve(options.key),
    onExchange: (exchange) => options.exchanges?.push(exchange),
  });
}

/** A server with its client. */
export async function serving(
  handler: Handler,
  options?: Options,
): Promise<{ server: TestServer; client: CockpitClient }> {
  const server = await TestServer.start(handler);
  return { server, client: clientOf(server.url, options) };
}

/** Everything that a stream yields. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) {
    items.push(item);
  }
  return items;
}

/** The problem that a promise rejects with. */
export async function problemOf(promise: Promise<unknown>): Promise<ServerProblem> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ServerProblem);
  return error as ServerProblem;
}

/** A model as `/v1/models` shows it. */
export const CARD = {
  id: 'Qwen/Qwen2.5-Coder-0.5B',
  object: 'model',
  created: 1,
  owned_by: 'aicockpit',
  max_model_len: 8192,
  aliases: ['coder'],
  roles: ['completion', 'edit', 'chat', 'embedding'],
  fim: 'qwen',
  state: 'ready',
  default: true,
};
