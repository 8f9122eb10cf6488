import { describe, expect, test } from 'vitest';
import type { ProblemKind } from '../../../src/core/server/problem.js';
import type { CompletionDelta } from '../../../src/core/server/types.js';
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
  TestServer,
} from '../../support/http-server.js';

describe('problems', () => {
  const HTML = '<!DOCTYPE html><html><head><title>Access denied</title></head></html>';

  test.each<[string, number, string, ProblemKind]>([
    ['a missing key', 401, 'invalid_api_key', 'unauthorized'],
    ['a model that loads', 503, 'model_loading', 'loading'],
    ['a model that failed', 503, 'model_failed', 'failed'],
    ['an unknown model', 404, 'model_not_found', 'unknown-model'],
    ['no fill-in-the-middle', 400, 'fim_unsupported', 'unsupported'],
    ['a prompt too long', 400, 'context_length_exceeded', 'too-long'],
    ['a request too large', 413, 'request_too_large', 'too-long'],
    ['a server that stops', 503, 'gateway_stopping', 'busy'],
    ['an engine that broke off', 502, 'upstream_error', 'failed'],
    ['a fault of the server', 500, 'internal_error', 'failed'],
    ['a malformed request', 400, 'malformed_request', 'rejected'],
    ['a host that is not allowed', 403, 'origin_not_allowed', 'rejected'],
    ['a path that is not there', 404, 'unknown_path', 'protocol'],
    ['too many requests', 429, 'rate_limited', 'busy'],
  ])('%s', async (_, status, code, kind) => {
    const { client } = await serving((__, response) => sendJson(response, errorBody(code), status));
    const problem = await problemOf(all(client.complete(REQUEST, never)));
    expect(problem).toMatchObject({ kind, code, status });
    expect(problem.message).toBe('What happened. Why. What to do.');
    expect(problem.remedy).not.toBe('');
    const other = await problemOf(client.models(never));
    expect(other).toMatchObject({ kind, code, status });
  });

  test('an engine’s own error about the length, which has a number for a code', async () => {
    const message = "This model's maximum context length is 8192 tokens.";
    const { client } = await serving((_, response) =>
      sendJson(response, { error: { message, type: 'BadRequestError', code: 400 } }, 400),
    );
    const problem = await problemOf(all(client.chat(CHAT, never)));
    expect(problem).toMatchObject({ kind: 'too-long', code: '400', message });
  });

  test('says when to ask again', async () => {
    const { client } = await serving((_, response) =>
      sendJson(response, errorBody('model_loading'), 503, { 'retry-after': '5' }),
    );
    expect((await problemOf(client.models(never))).retryAfterMs).toBe(5000);
  });

  test.each([200, 403, 502])('a proxy’s page with status %d', async (status) => {
    const { client } = await serving((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end(HTML);
    });
    for (const asked of [client.models(never), all(client.complete(REQUEST, never))]) {
      const problem = await problemOf(asked);
      expect(problem).toMatchObject({ kind: 'protocol', code: 'html_page', status });
      expect(problem.message).toContain('Access denied');
    }
  });

  test.each<[string, number, string, string, ProblemKind, string]>([
    ['a proxy that wants a key', 401, 'application/json', '{"detail":"No."}', 'unauthorized', ''],
    ['a proxy that waited too long', 408, 'text/plain', 'Timeout', 'busy', ''],
    ['a proxy that takes less', 413, 'text/html', HTML, 'too-long', 'Access denied'],
    ['a proxy that counts', 429, 'text/plain', 'Too many', 'busy', 'text/plain'],
    ['a proxy whose server is away', 503, 'text/html', HTML, 'busy', 'Access denied'],
    ['a proxy without words', 503, 'text/plain', '', 'busy', ''],
    ['a path of another server', 404, 'application/json', '{"detail":"?"}', 'protocol', ''],
    ['a proxy whose server is slow', 504, 'text/plain', '', 'failed', ''],
  ])(
    '%s: what can be done follows from the status %d',
    async (_, status, type, body, kind, told) => {
      const { client } = await serving((__, response) => {
        response.writeHead(status, { 'content-type': type, 'retry-after': '30' });
        response.end(body);
      });
      for (const asked of [client.models(never), all(client.complete(REQUEST, never))]) {
        const problem = await problemOf(asked);
        expect(problem).toMatchObject({ kind, status, retryAfterMs: 30_000 });
        expect(problem.message).toContain(told);
        expect(problem.message).toContain(String(status));
      }
    },
  );

  const NOON = 'Sat, 21 Nov 2026 12:00:00 GMT';
  test.each<[string, string, number | undefined]>([
    ['seconds', '5', 5000],
    ['no time at all', '0', 0],
    ['a long time', '86400', 300_000],
    ['a date', 'Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['a date of the older form', 'Saturday, 21-Nov-26 12:00:30 GMT', 30_000],
    ['a date that is over', 'Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['a date far away', 'Sun, 21 Nov 2027 12:00:00 GMT', 300_000],
    ['nothing', '', undefined],
    ['a negative number', '-5', undefined],
    ['words', 'soon, they say', undefined],
  ])('when to ask again, given as %s', async (_, header, expected) => {
    for (const body of [errorBody('model_loading'), { detail: 'No.' }]) {
      const { client } = await serving((__, response) =>
        sendJson(response, body, 503, { 'retry-after': header, date: NOON }),
      );
      expect((await problemOf(client.models(never))).retryAfterMs).toBe(expected);
    }
  });

  test('when to ask again, by our own clock where the server does not tell its time', async () => {
    const { client } = await serving((_, response) => {
      response.sendDate = false;
      const date = new Date(Date.now() + 60_000).toUTCString();
      sendJson(response, errorBody('model_loading'), 503, { 'retry-after': date });
    });
    const { retryAfterMs } = await problemOf(client.models(never));
    expect(retryAfterMs).toBeGreaterThan(30_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test.each([
    ['https://login.example/start?code=s3cr3t#token', 'https://login.example/start.'],
    ['/login#s3cr3t', '/login.'],
    ['?next=s3cr3t', 'an unknown place.'],
  ])('a redirect to %s is told without what the place is given', async (location, told) => {
    const { client } = await serving((_, response) => {
      response.writeHead(302, { location });
      response.end();
    });
    const problem = await problemOf(client.models(never));
    expect(problem.message).toContain(told);
    expect(problem.message).not.toContain('s3cr3t');
  });

  test('a redirect is not followed, so that the key stays', async () => {
    const { server, client } = await serving(
      (_, response) => {
        response.writeHead(302, { location: 'https://login.example/' });
        response.end();
      },
      { key: 'sk-secret' },
    );
    const problem = await problemOf(client.models(never));
    expect(problem).toMatchObject({ kind: 'protocol', code: 'redirected', status: 302 });
    expect(problem.message).toContain('https://login.example/');
    expect(server.received).toHaveLength(1);
  });

  test('another kind of server', async () => {
    const { client } = await serving((_, response) =>
      sendJson(response, {
        object: 'list',
        data: [{ id: 'm', object: 'model', owned_by: 'vllm' }],
      }),
    );
    const problem = await problemOf(client.models(never));
    expect(problem).toMatchObject({ kind: 'protocol', code: 'not_aicockpit' });
    expect(problem.message).toContain('vllm');
  });

  test.each<[string, string, string]>([
    ['text', 'text/plain', 'hello'],
    ['JSON of another shape', 'application/json', '{"hello": "world"}'],
    ['half of a JSON', 'application/json', '{"data": ['],
    ['nothing', 'application/json', ''],
  ])('%s where a list of models should be', async (_, type, body) => {
    const { client } = await serving((__, response) => {
      response.writeHead(200, { 'content-type': type });
      response.end(body);
    });
    expect((await problemOf(client.models(never))).kind).toBe('protocol');
  });

  test('an answer that is no stream', async () => {
    const { client } = await serving((_, response) => sendJson(response, { choices: [] }));
    const problem = await problemOf(all(client.complete(REQUEST, never)));
    expect(problem).toMatchObject({ kind: 'protocol', code: 'unknown_answer' });
  });

  test('an error event in the stream, after some text', async () => {
    const { client } = await serving((_, response) => {
      beginEvents(response);
      response.end(completionEvent('x') + event(errorBody('upstream_error')));
    });
    const got: CompletionDelta[] = [];
    const problem = await problemOf(
      (async () => {
        for await (const delta of client.complete(REQUEST, never)) {
          got.push(delta);
        }
      })(),
    );
    expect(got).toEqual([{ index: 0, text: 'x' }]);
    expect(problem).toMatchObject({ kind: 'failed', code: 'upstream_error' });
  });

  test('a stream that ends too early', async () => {
    const { client } = await serving((_, response) => {
      beginEvents(response);
      response.end(completionEvent('x'));
    });
    const problem = await problemOf(all(client.complete(REQUEST, never)));
    expect(problem).toMatchObject({ kind: 'interrupted', code: 'ended_early' });
  });

  test('a connection that breaks in the middle', async () => {
    const { client } = await serving((_, response) => {
      beginEvents(response);
      response.write(completionEvent('x'));
      setTimeout(() => response.destroy(), 20);
    });
    const problem = await problemOf(all(client.complete(REQUEST, never)));
    expect(problem.kind).toBe('interrupted');
  });

  test.each<[string, string]>([
    ['no JSON', 'data: {"choices": [\n\n'],
    ['no completion', event({ hello: 'world' })],
    ['a string', event('hello')],
  ])('an event that is %s', async (_, text) => {
    const { client } = await serving((__, response) => {
      beginEvents(response);
      response.end(text + DONE);
    });
    const problem = await problemOf(all(client.complete(REQUEST, never)));
    expect(problem).toMatchObject({ kind: 'protocol', code: 'bad_event' });
  });

  test('an engine that gives up says so', async () => {
    const { client } = await serving((_, response) => {
      beginEvents(response);
      response.end(completionEvent('x', 'abort') + DONE);
    });
    const problem = await problemOf(all(client.complete(REQUEST, never)));
    expect(problem.code).toBe('finish_abort');
  });

  test('an event without end is not collected for ever', async () => {
    const { client } = await serving((_, response) => {
      beginEvents(response);
      response.end('data: ' + 'x'.repeat(5_000_000));
    });
    const problem = await problemOf(all(client.complete(REQUEST, never)));
    expect(problem).toMatchObject({ kind: 'protocol', code: 'bad_stream' });
  });

  test('nobody listens', async () => {
    const server = await TestServer.start(() => undefined);
    const { url } = server;
    server.stop();
    const problem = await problemOf(clientOf(url).models(never));
    expect(problem).toMatchObject({ kind: 'unreachable', code: 'ECONNREFUSED', status: 0 });
    expect(problem.message).toContain('nothing listens there');
  });

  test('a name that nobody knows', async () => {
    const problem = await problemOf(clientOf('http://no-such-host.invalid').models(never));
    expect(problem.kind).toBe('unreachable');
  });

  test.each(['', 'hello', 'ftp://host', 'http://user:secret@host', 'http://host/?a=b'])(
    'the address “%s”',
    async (address) => {
      const problem = await problemOf(clientOf(address).models(never));
      expect(problem).toMatchObject({ kind: 'unreachable', code: 'invalid_address' });
    },
  );

  test('https where http is spoken', async () => {
    const server = await TestServer.start((_, response) => sendJson(response, {}));
    const address = server.url.replace('http:', 'https:');
    const problem = await problemOf(clientOf(address).models(never));
    expect(problem).toMatchObject({ kind: 'protocol' });
    expect(problem.remedy).toContain('http://');
  });

  test('a connection that the server closed while it was idle is made anew', async () => {
    let count = 0;
    const { server, client } = await serving((_, response) => {
      count += 1;
      if (count === 1) {
        response.destroy();
      } else {
        sendJson(response, { data: [CARD] });
      }
    });
    expect(await client.models(never)).toHaveLength(1);
    expect(server.received).toHaveLength(2);
  });

  test('a server that always closes is asked twice and no more', async () => {
    const { server, client } = await serving((_, response) => void response.destroy());
    const problem = await problemOf(client.models(never));
    expect(problem.kind).toBe('interrupted');
    expect(server.received).toHaveLength(2);
  });

  test('no problem tells the key', async () => {
    const { client } = await serving((_, response) => sendJson(response, errorBody('x'), 500), {
      key: 'sk-very-secret',
    });
    const problem = await problemOf(client.models(never));
    expect(JSON.stringify([problem, problem.message, problem.stack])).not.toContain('very-secret');
  });
});
