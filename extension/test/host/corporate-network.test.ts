import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFetch } from '../../src/host/fetch.js';
import { makeAuthority } from '../support/certificates.js';
import { askFromProcess } from '../support/client-process.js';
import { all, CARD, clientOf, never, problemOf, REQUEST } from '../support/cockpit-client.js';
import {
  beginEvents,
  completionEvent,
  DONE,
  sendJson,
  TestServer,
  type Handler,
} from '../support/http-server.js';
import { startProxy } from '../support/proxy-server.js';

const authority = makeAuthority();
let folder: string;
let authorityFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aicockpit-ca-'));
  authorityFile = join(folder, 'authority.pem');
  await writeFile(authorityFile, authority.certificate);
});
afterAll(() => rm(folder, { recursive: true }));

const answer: Handler = ({ path }, response) => {
  if (path === '/v1/models') {
    sendJson(response, { object: 'list', data: [CARD] });
  } else {
    beginEvents(response);
    response.end(completionEvent('hello', 'stop') + DONE);
  }
};
const GOOD = { models: [CARD.id], text: 'hello' };

describe('a server with a certificate of the company’s own', () => {
  test('is refused with a clear word where nobody vouches for it', async () => {
    const server = await TestServer.start(answer, authority.server);
    const { problem } = await askFromProcess(server.url, {});
    expect(problem).toMatchObject({ kind: 'certificate' });
    expect(problem?.message).toContain('its certificate is not trusted');
  });

  test('is trusted with NODE_EXTRA_CA_CERTS', async () => {
    const server = await TestServer.start(answer, authority.server);
    expect(await askFromProcess(server.url, { NODE_EXTRA_CA_CERTS: authorityFile })).toEqual(GOOD);
  });
});

// This process was started without the variable, so its `fetch` does not know the authority: just
// as in an editor, which hands its own list of certificates to each connection.
describe('an editor whose fetch forgets NODE_EXTRA_CA_CERTS', () => {
  const editorFetch = () => createFetch(() => authorityFile);

  test('reaches the server all the same, and streams', async () => {
    const server = await TestServer.start(answer, authority.server);
    const client = clientOf(server.url, { fetch: editorFetch(), key: 'sk-secret' });
    expect(await client.models(never)).toHaveLength(1);
    expect(await all(client.complete(REQUEST, never))).toEqual([
      { index: 0, text: 'hello', finish: 'stop' },
    ]);
    const [, received] = server.received;
    expect(received?.headers.authorization).toBe('Bearer sk-secret');
    expect(JSON.parse(received?.body ?? '')).toMatchObject({ prompt: 'a = ' });
  });

  test('an abort closes the connection', async () => {
    const server = await TestServer.start((_, response) => {
      beginEvents(response);
      response.write(completionEvent('x'));
    }, authority.server);
    const client = clientOf(server.url, { fetch: editorFetch() });
    const controller = new AbortController();
    const stream = client.complete(REQUEST, controller.signal)[Symbol.asyncIterator]();
    expect((await stream.next()).value).toEqual({ index: 0, text: 'x' });
    const next = stream.next();
    controller.abort(new Error('typed on'));
    await expect(next).rejects.toThrow('typed on');
    await server.received[0]?.left;
  });

  test('leaving the iteration closes the connection', async () => {
    const server = await TestServer.start((_, response) => {
      beginEvents(response);
      response.write(completionEvent('x'));
    }, authority.server);
    const client = clientOf(server.url, { fetch: editorFetch() });
    for await (const delta of client.complete(REQUEST, never)) {
      expect(delta.text).toBe('x');
      break;
    }
    await server.received[0]?.left;
  });

  test('an error’s status and words arrive', async () => {
    const server = await TestServer.start(
      (_, response) =>
        sendJson(response, { error: { message: 'No.', code: 'model_loading' } }, 503),
      authority.server,
    );
    const client = clientOf(server.url, { fetch: editorFetch() });
    const problem = await problemOf(client.models(never));
    expect(problem).toMatchObject({ kind: 'loading', status: 503, message: 'No.' });
  });

  test('a missing file, or a certificate of somebody else, changes nothing', async () => {
    const server = await TestServer.start(answer, authority.server);
    const other = join(folder, 'other.pem');
    await writeFile(other, makeAuthority().certificate);
    for (const file of [join(folder, 'missing.pem'), other]) {
      const client = clientOf(server.url, { fetch: createFetch(() => file) });
      expect((await problemOf(client.models(never))).kind).toBe('certificate');
    }
  });

  test('a server that is not there is still just that', async () => {
    const server = await TestServer.start(answer, authority.server);
    const { url } = server;
    server.stop();
    const client = clientOf(url, { fetch: editorFetch() });
    expect((await problemOf(client.models(never))).kind).toBe('unreachable');
  });
});

// An editor's fetch resolves its own proxies; what both have in common is a tunnel by CONNECT.
describe('a proxy', () => {
  const through = (port: number, login = '') => ({
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://${login}127.0.0.1:${port}`,
    HTTPS_PROXY: `http://${login}127.0.0.1:${port}`,
  });

  test('is gone through, for http and for https', async () => {
    const proxy = await startProxy();
    const plain = await TestServer.start(answer);
    const secure = await TestServer.start(answer, authority.server);
    expect(await askFromProcess(plain.url, through(proxy.port))).toEqual(GOOD);
    expect(
      await askFromProcess(secure.url, {
        ...through(proxy.port),
        NODE_EXTRA_CA_CERTS: authorityFile,
      }),
    ).toEqual(GOOD);
    expect(new Set(proxy.tunnels)).toEqual(
      new Set([`127.0.0.1:${plain.port}`, `127.0.0.1:${secure.port}`]),
    );
  });

  test('that wants a log-in gets it from its address', async () => {
    const proxy = await startProxy('me:secret');
    const server = await TestServer.start(answer);
    expect(await askFromProcess(server.url, through(proxy.port, 'me:secret@'))).toEqual(GOOD);
  });

  test('that says no is named as the reason', async () => {
    const proxy = await startProxy('me:secret');
    const server = await TestServer.start(answer);
    const { problem } = await askFromProcess(server.url, through(proxy.port));
    expect(problem).toMatchObject({ kind: 'protocol', code: 'proxy_refused' });
    expect(problem?.message).toContain('asks for a log-in');
    expect(server.received).toEqual([]);
  });
});
