/**
 * The network as the editor has it.
 *
 * VS Code, and the editors made from it, replace the global `fetch` in the extension host. While
 * `http.fetchAdditionalSupport` is on, as it is by default, it obeys `http.proxy`, `http.noProxy`,
 * `http.proxySupport` and the system's proxy, asks for a proxy's password, never sends what goes
 * to this machine through a proxy, and trusts the system's certificates (`http.systemCertificates`)
 * beside the built-in ones. It hands the list of both to each connection, and by that Node forgets
 * the certificates in NODE_EXTRA_CA_CERTS. So where a certificate is refused and that variable
 * names a file, the request goes through `node:https`, which the editor has taught the same
 * proxies, with the certificates of that file beside the built-in ones.
 */

import { readFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { rootCertificates } from 'node:tls';
import type { Fetch } from '../core/server/client.js';
import { isCertificateFailure } from '../core/server/failures.js';

const STATUSES_WITHOUT_BODY = new Set([101, 204, 205, 304]);

/**
 * Makes the `fetch` to use for the server.
 *
 * @param extraCertificates the file of NODE_EXTRA_CA_CERTS, asked for when it is needed.
 */
export function createFetch(extraCertificates: () => string | undefined): Fetch {
  const trusted = new Map<string, readonly string[]>();
  return async (url, init) => {
    const { origin, protocol } = new URL(url);
    const known = trusted.get(origin);
    if (known) {
      return fetchTrusting(known, url, init);
    }
    try {
      // Looked up each time: the editor may put its own in place after this module is loaded.
      return await globalThis.fetch(url, init);
    } catch (error) {
      const file = extraCertificates();
      if (file === undefined || protocol !== 'https:' || !isCertificateFailure(error)) {
        throw error;
      }
      const extra = await readFile(file, 'utf8').catch(() => undefined);
      if (extra === undefined) {
        throw error;
      }
      const authorities = [...rootCertificates, extra];
      const response = await fetchTrusting(authorities, url, init);
      trusted.set(origin, authorities);
      return response;
    }
  };
}

/** `fetch` for what the client needs, over `node:https`. Rejects as Node's request fails. */
function fetchTrusting(
  authorities: readonly string[],
  url: string,
  init: RequestInit,
): Promise<Response> {
  const { method = 'GET', headers, body, signal } = init;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ca: [...authorities],
      ...(signal ? { signal } : {}),
    });
    request.on('error', reject);
    request.on('response', (message) => {
      const status = message.statusCode ?? 0;
      const lines = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      if (STATUSES_WITHOUT_BODY.has(status)) {
        message.resume();
        resolve(new Response(null, { status, headers: lines }));
        return;
      }
      const stream = Readable.toWeb(message) as NodeStream<Uint8Array>;
      resolve(new Response(stream, { status, headers: lines }));
    });
    request.end(typeof body === 'string' ? body : undefined);
  });
}
