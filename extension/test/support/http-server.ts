import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Which connection it came on, counted from one. */
  readonly connection: number;
  /** Resolves when the client is gone before the answer was complete. */
  readonly left: Promise<void>;
}

export type Handler = (received: Received, response: ServerResponse) => void | Promise<void>;

/** A real server on a free port that ends with the test. */
export class TestServer {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #scheme: string;
  readonly #sockets = new Map<Socket, number>();

  private constructor(handler: Handler, certificate?: { key: string; cert: string }) {
    const listener: RequestListener = (request, response) => {
      void this.#serve(request, response, handler);
    };
    this.#scheme = certificate ? 'https' : 'http';
    this.#server = certificate ? createSecureServer(certificate, listener) : createServer(listener);
    this.#server.on(certificate ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.set(socket, this.#sockets.size + 1);
    });
  }

  static async start(
    handler: Handler,
    certificate?: { key: string; cert: string },
  ): Promise<TestServer> {
    const server = new TestServer(handler, certificate);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => server.stop());
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  stop(): void {
    this.#server.close();
    this.cutConnections();
  }

  cutConnections(): void {
    for (const socket of this.#sockets.keys()) {
      socket.destroy();
    }
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    handler: Handler,
  ): Promise<void> {
    const left = new Promise<void>((resolve) => {
      response.on('close', () => {
        if (!response.writableFinished) {
          resolve();
        }
      });
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const received: Received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      connection: this.#sockets.get(request.socket) ?? 0,
      left,
    };
    this.received.push(received);
    await handler(received, response);
  }
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  content: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(content));
}

/** Begins a stream of events. */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
}

/** One event with a JSON value. */
export function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** One event of a completion. */
export function completionEvent(
  text: string,
  finish_reason: string | null = null,
  index = 0,
): string {
  return event({ id: 'c', object: 'text_completion', choices: [{ index, text, finish_reason }] });
}

export const DONE = 'data: [DONE]\n\n';

/** A server's error in its own shape. */
export function errorBody(code: string, message = 'What happened. Why. What to do.'): unknown {
  return { error: { message, type: 'invalid_request_error', param: null, code } };
}
