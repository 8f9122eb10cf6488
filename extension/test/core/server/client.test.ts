import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/core/server/client.js';
import {
  all,
  CARD,
  CHAT,
  clientOf,
  never,
  problemOf,
  REQUEST,
  serving,
} from '../../support/cockpit-client.js';
import {
  beginEvents,
  completionEvent,
  DONE,
  errorBody,
  event,
  sendJson,
  type Handler,
} from '../../support/http-server.js';

describe('questions about the server', () => {
  test('lists models with what they can do', async () => {
    const { server, client } = await serving((_, response) =>
      sendJson(response, {
        object: 'list',
        data: [CARD, { ...CARD, id: 'b', fim: null, state: 'x' }],
      }),
    );
    const [model, other] = await client.models(never);
    expect(model).toEqual({
      id: 'Qwen/Qwen2.5-Coder-0.5B',
      aliases: ['coder'],
      roles: ['completion', 'edit', 'chat'],
      state: 'ready',
      default: true,
      contextLength: 8192,
      fim: 'qwen',
    });
    expect(other).toMatchObject({ id: 'b', state: 'unknown' });
    expect(other).not.toHaveProperty('fim');
    expect(server.received[0]).toMatchObject({ method: 'GET', path: '/v1/models' });
    expect(server.received[0]?.headers).not.toHaveProperty('authorization');
  });

  test('shows what every model does, refused ones too', async () => {
    const { client } = await serving((_, response) =>
      sendJson(response, {
        engine: { name: 'vllm', version: '0.33.0', accelerator: 'cpu' },
        models: [
          {
            id: 'a',
            key: 'a',
            aliases: [],
            default: true,
            roles: ['completion'],
            source: 'starter',
            origin: 'local',
            revision: null,
            state: 'starting',
            phase: 'loading weights',
            restarts: 2,
            error: null,
          },
          { id: 'b', key: 'b', state: 'refused', error: 'It does not fit.' },
        ],
      }),
    );
    expect(await client.status(never)).toEqual({
      engine: 'vllm 0.33.0 (cpu)',
      models: [
        {
          id: 'a',
          aliases: ['a'],
          roles: ['completion'],
          state: 'starting',
          default: true,
          phase: 'loading weights',
          restarts: 2,
        },
        {
          id: 'b',
          aliases: ['b'],
          roles: [],
          state: 'refused',
          default: false,
          restarts: 0,
          error: 'It does not fit.',
        },
      ],
    });
  });

  test('sends the key as a bearer token, and only to the path asked for', async () => {
    const { server, client } = await serving(
      (_, response) => sendJson(response, { data: [CARD] }),
      {
        key: 'sk-secret',
      },
    );
    await client.models(never);
    expect(server.received[0]?.headers.authorization).toBe('Bearer sk-secret');
  });

  test('takes an address with a final slash or /v1', async () => {
    const { server } = await serving((_, response) => sendJson(response, { data: [CARD] }));
    await clientOf(`${server.url}/`).models(never);
    await clientOf(`${server.url}/v1/`).models(never);
    expect(server.received.map(({ path }) => path)).toEqual(['/v1/models', '/v1/models']);
  });
});

describe('streams', () => {
  test('sends a completion in the server’s words and yields it as it arrives', async () => {
    const { server, client } = await serving((_, response) => {
      beginEvents(response);
      response.write(completionEvent('1'));
      response.write(completionEvent(' + 2', 'stop'));
      response.write(
        event({
          choices: [],
          usage: {
            prompt_tokens: 20,
            completion_tokens: 3,
            total_tokens: 23,
            prompt_tokens_details: { cached_tokens: 16 },
          },
        }),
      );
      response.end(DONE);
    });
    const deltas = await all(
      client.complete(
        {
          ...REQUEST,
          path: 'a.py',
          repo: 'r',
          context: [{ path: 'b.py', text: 'b = 1\n' }],
          temperature: 0,
          stop: ['\n'],
          choices: 2,
        },
        never,
      ),
    );
    expect(deltas).toEqual([
      { index: 0, text: '1' },
      { index: 0, text: ' + 2', finish: 'stop' },
      { index: 0, text: '', usage: { promptTokens: 20, cachedTokens: 16, completionTokens: 3 } },
    ]);
    const [received] = server.received;
    expect(received).toMatchObject({ method: 'POST', path: '/v1/completions' });
    expect(received?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-aicockpit-task': 'completion',
    });
    expect(JSON.parse(received?.body ?? '')).toEqual({
      model: 'm',
      prompt: 'a = ',
      suffix: '\n',
      path: 'a.py',
      repo: 'r',
      context: [{ path: 'b.py', text: 'b = 1\n' }],
      allow_context_dropping: true,
      max_tokens: 16,
      temperature: 0,
      stop: ['\n'],
      n: 2,
      stream: true,
      stream_options: { include_usage: true, continuous_usage_stats: true },
    });
  });

  test('sends a chat with its task and yields its content only', async () => {
    const { server, client } = await serving((_, response) => {
      beginEvents(response);
      response.write(event({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }));
      response.write(event({ choices: [{ index: 0, delta: { content: 'Hi' } }] }));
      response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] }));
      response.end(DONE);
    });
    expect(await all(client.chat(CHAT, never))).toEqual([
      { text: '' },
      { text: 'Hi' },
      { text: '', finish: 'length' },
    ]);
    expect(server.received[0]).toMatchObject({ path: '/v1/chat/completions' });
    expect(server.received[0]?.headers['x-aicockpit-task']).toBe('edit');
  });

  test('yields each of several choices under its number', async () => {
    const { client } = await serving((_, response) => {
      beginEvents(response);
      response.write(completionEvent('a', null, 0) + completionEvent('b', null, 1));
      response.end(DONE);
    });
    expect(await all(client.complete(REQUEST, never))).toEqual([
      { index: 0, text: 'a' },
      { index: 1, text: 'b' },
    ]);
  });

  test('does not depend on how the bytes are cut, within characters and events', async () => {
    const bytes = Buffer.from(
      `: hello\r\n\r\n${completionEvent('äöü')}${completionEvent('🚀 \r\n')}${DONE}`,
    );
    const { client } = await serving(async (_, response) => {
      beginEvents(response);
      for (const byte of bytes) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    const deltas = await all(client.complete(REQUEST, never));
    expect(deltas.map(({ text }) => text)).toEqual(['äöü', '🚀 \r\n']);
  });

  test('uses one connection for one request after the other', async () => {
    const { server, client } = await serving((_, response) => {
      beginEvents(response);
      response.end(completionEvent('x', 'stop') + DONE);
    });
    for (let count = 0; count < 3; count++) {
      await all(client.complete(REQUEST, never));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(server.connections).toBe(1);
  });

  test('sends nothing before the iteration begins', async () => {
    const { server, client } = await serving((_, response) => sendJson(response, {}));
    client.complete(REQUEST, never);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.received).toEqual([]);
  });
});

describe('leaving', () => {
  const endless: Handler = (_, response) => {
    beginEvents(response);
    response.write(completionEvent('x'));
  };

  test('an abort closes the connection at once and surfaces as its own reason', async () => {
    const { server, client } = await serving(endless);
    const controller = new AbortController();
    const stream = client.complete(REQUEST, controller.signal)[Symbol.asyncIterator]();
    expect((await stream.next()).value).toEqual({ index: 0, text: 'x' });
    const next = stream.next();
    controller.abort(new Error('typed on'));
    await expect(next).rejects.toThrow('typed on');
    await server.received[0]?.left;
  });

  test('an abort while the server still thinks closes the connection too', async () => {
    const { server, client } = await serving(() => undefined);
    const controller = new AbortController();
    const first = client.complete(REQUEST, controller.signal)[Symbol.asyncIterator]().next();
    await expect.poll(() => server.received.length).toBe(1);
    controller.abort(new Error('typed on'));
    await expect(first).rejects.toThrow('typed on');
    await server.received[0]?.left;
  });

  test('leaving the iteration closes the connection', async () => {
    const { server, client } = await serving(endless);
    for await (const delta of client.complete(REQUEST, never)) {
      expect(delta.text).toBe('x');
      break;
    }
    await server.received[0]?.left;
  });

  test('a signal that is aborted already sends nothing', async () => {
    const { server, client } = await serving(endless);
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(all(client.complete(REQUEST, signal))).rejects.toThrow('too late');
    await expect(client.models(signal)).rejects.toThrow('too late');
    expect(server.received).toEqual([]);
  });
});

describe('figures', () => {
  test('each generation is told once, with its time and tokens', async () => {
    const exchanges: Exchange[] = [];
    const { client } = await serving(
      (_, response) => {
        beginEvents(response);
        response.write(completionEvent('x', 'stop'));
        response.write(event({ choices: [], usage: { prompt_tokens: 2, completion_tokens: 1 } }));
        response.end(DONE);
      },
      { exchanges },
    );
    await all(client.complete(REQUEST, never));
    expect(exchanges).toMatchObject([
      {
        task: 'completion',
        model: 'm',
        outcome: 'done',
        usage: { promptTokens: 2, completionTokens: 1 },
      },
    ]);
    expect(exchanges[0]?.firstTextMs).toBeLessThanOrEqual(exchanges[0]?.totalMs ?? 0);
  });

  test('one that failed and one that was left are told as such', async () => {
    const exchanges: Exchange[] = [];
    let broken = true;
    const { client } = await serving(
      (_, response) => {
        if (broken) {
          sendJson(response, errorBody('model_loading'), 503);
        } else {
          beginEvents(response);
          response.write(completionEvent('x'));
        }
      },
      { exchanges },
    );
    await problemOf(all(client.complete(REQUEST, never)));
    broken = false;
    for await (const delta of client.complete(REQUEST, never)) {
      expect(delta.text).toBe('x');
      break;
    }
    expect(exchanges).toMatchObject([
      { outcome: 'failed', code: 'model_loading' },
      { outcome: 'left' },
    ]);
  });
});
