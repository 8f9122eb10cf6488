/** Turns whatever can come instead of an answer into one clear problem. */

import { ServerProblem, type ProblemKind } from './problem.js';

const KINDS_BY_CODE: Readonly<Record<string, ProblemKind>> = {
  invalid_api_key: 'unauthorized',
  model_loading: 'loading',
  model_failed: 'failed',
  model_not_found: 'unknown-model',
  fim_unsupported: 'unsupported',
  endpoint_unsupported: 'unsupported',
  context_length_exceeded: 'too-long',
  request_too_large: 'too-long',
  gateway_stopping: 'busy',
  unknown_path: 'protocol',
};

const KINDS_BY_STATUS: Readonly<Record<number, ProblemKind>> = {
  401: 'unauthorized',
  408: 'busy',
  413: 'too-long',
  429: 'busy',
  503: 'busy',
};

/** However long a server asks to be left alone, the editor comes back after this. */
const LONGEST_RETRY_MS = 5 * 60_000;

/** Node's and OpenSSL's words for a certificate that is not trusted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS/;
const NOT_THIS_PROTOCOL = /^(EPROTO|HPE_|ERR_SSL)/;

/** Node's words for a proxy that says no; the status is there when it was asked for a tunnel. */
const PROXY_REFUSAL = /proxy authentication required|proxy response \((\d{3})\)/i;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  ETIMEDOUT: 'it did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no way to its network',
};

/** A connection that ended before the answer began; it may have been closed while idle. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Returns whether a second try on a new connection makes sense: this one was just closed. */
export function wasClosed(error: unknown): boolean {
  return CLOSED.has(codeOf(error));
}

/** Returns whether a request failed because a certificate is not trusted. */
export function isCertificateFailure(error: unknown): boolean {
  return CERTIFICATE.test(codeOf(error));
}

/** The problem when `fetch` itself failed: there is no answer at all. */
export function problemOfFailure(error: unknown, address: string): ServerProblem {
  const code = codeOf(error);
  const details = { code: code || 'fetch_failed', cause: error };
  if (CERTIFICATE.test(code)) {
    const why = `its certificate is not trusted (${code})`;
    return new ServerProblem(
      'certificate',
      `The server at ${address} was refused: ${why}.`,
      details,
    );
  }
  if (NOT_THIS_PROTOCOL.test(code)) {
    const other = address.startsWith('https:') ? 'http' : 'https';
    return new ServerProblem(
      'protocol',
      `What listens at ${address} does not speak ${address.startsWith('https:') ? 'https' : 'http'}.`,
      { ...details, remedy: `Check the address; it may have to begin with ${other}://.` },
    );
  }
  const refusal = PROXY_REFUSAL.exec(innermost(error).message);
  if (refusal) {
    return problemOfProxy(Number(refusal[1] ?? 407), address, error);
  }
  if (CLOSED.has(code)) {
    const what = `The server at ${address} closed the connection before it answered.`;
    return new ServerProblem('interrupted', what, details);
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    const what = `The server at ${address} took the request and did not answer in time.`;
    return new ServerProblem('interrupted', what, details);
  }
  const reason = REASONS[code] ?? (innermost(error).message || 'the request failed');
  return new ServerProblem('unreachable', `${address} cannot be reached: ${reason}.`, details);
}

/** The problem when a proxy stands in the way. */
function problemOfProxy(status: number, address: string, cause?: unknown): ServerProblem {
  const what =
    status === 407
      ? `A proxy before ${address} asks for a log-in.`
      : `A proxy before ${address} does not let the request through (status ${status}).`;
  const remedy =
    status === 407
      ? "Give the proxy's user and password in the editor's setting http.proxy."
      : "Name the server's host in the editor's setting http.noProxy, or ask who runs the proxy.";
  return new ServerProblem('protocol', what, { code: 'proxy_refused', status, remedy, cause });
}

/** The problem when an answer that had begun broke off. */
export function problemOfBreak(error: unknown, address: string): ServerProblem {
  return new ServerProblem('interrupted', `The answer of ${address} broke off in the middle.`, {
    code: codeOf(error) || 'broken_off',
    status: 200,
    cause: error,
  });
}

/** The problem when a stream ended without its regular last event. */
export function problemOfEarlyEnd(address: string): ServerProblem {
  return new ServerProblem('interrupted', `The answer of ${address} ended too early.`, {
    code: 'ended_early',
    status: 200,
  });
}

/** The problem in an answer with a status of 400 or above. */
export function problemOfAnswer(response: Response, body: string, address: string): ServerProblem {
  const { status } = response;
  if (status === 407) {
    return problemOfProxy(status, address);
  }
  const error = errorIn(body);
  return error
    ? problemOfError(error, status, retryAfter(response.headers))
    : problemOfOtherContent(response, body, address);
}

/** The problem in an error object of OpenAI's shape, from a body or from a stream's event. */
export function problemOfError(
  error: ErrorObject,
  status: number,
  retryAfterMs?: number,
): ServerProblem {
  const kind =
    KINDS_BY_CODE[error.code] ??
    (/maximum context length/i.test(error.message) ? 'too-long' : undefined) ??
    KINDS_BY_STATUS[status] ??
    (status >= 400 && status < 500 ? 'rejected' : 'failed');
  return new ServerProblem(kind, error.message, {
    code: error.code,
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * The problem when something answered that is not in an AiCockpit server's form. A proxy before the
 * server, which is full or wants a log-in, says so with the status alone; it decides what the user
 * can do.
 */
export function problemOfOtherContent(
  response: Response,
  body: string,
  address: string,
): ServerProblem {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? 'no content type';
  const known = KINDS_BY_STATUS[status];
  const retryAfterMs = retryAfter(headers);
  const details = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (/^\s*<(!doctype|html)/i.test(body) || type.startsWith('text/html')) {
    const title = /<title[^>]*>([^<]{1,80})/i.exec(body)?.[1]?.trim();
    const page = title ? `a web page (“${title}”)` : 'a web page';
    const what = `${address} answered with ${page} and status ${status}`;
    const why = 'it comes from a proxy, or from another server';
    const code = 'html_page';
    return new ServerProblem(known ?? 'protocol', `${what}: ${why}.`, { ...details, code });
  }
  const what = `${address} answered with status ${status} and ${type.split(';')[0] ?? type}`;
  const kind = known ?? (status === 502 || status === 504 ? 'failed' : 'protocol');
  const why = known
    ? 'it may come from a proxy before the server'
    : 'that is not how an AiCockpit server answers';
  return new ServerProblem(kind, `${what}: ${why}.`, { ...details, code: 'unknown_answer' });
}

/** The problem when the address sends its visitors elsewhere. */
export function problemOfRedirect(response: Response, address: string): ServerProblem {
  // What stands behind the path is for a log-in page; often codes and tokens are among it.
  const path = /^[^?#]+/.exec(response.headers.get('location') ?? '');
  const place = path?.[0] ?? 'an unknown place';
  return new ServerProblem('protocol', `${address} sends its visitors to ${place}.`, {
    code: 'redirected',
    status: response.status,
    remedy: 'If you trust that place, set its address in the settings.',
  });
}

/** The problem when an answer has the right form and the wrong content. */
export function problemOfShape(what: string, code: string, status: number): ServerProblem {
  return new ServerProblem('protocol', what, { code, status });
}

export interface ErrorObject {
  readonly message: string;
  /** Empty when there is none. An engine's own errors have a number here. */
  readonly code: string;
}

/** Returns the error in a body of OpenAI's shape. */
export function errorIn(body: string): ErrorObject | undefined {
  try {
    return errorOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** Returns the error in a parsed value of OpenAI's shape. */
export function errorOf(value: unknown): ErrorObject | undefined {
  const error = memberOf(value, 'error');
  const message = memberOf(error, 'message');
  if (typeof message !== 'string') {
    return undefined;
  }
  const code = memberOf(error, 'code');
  return {
    message,
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : '',
  };
}

/** Returns a member of something that may be an object. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** Returns when to ask again, in milliseconds: `Retry-After` has seconds or the time itself. */
function retryAfter(headers: Headers): number | undefined {
  const header = headers.get('retry-after')?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : timeUntil(header, headers);
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_MS);
}

/** From the server's own time on, if it tells it: its clock need not go as ours does. */
function timeUntil(date: string, headers: Headers): number {
  const now = httpDate(headers.get('date') ?? '');
  return httpDate(date) - (Number.isNaN(now) ? Date.now() : now);
}

/** Returns the time in an HTTP date, NaN for anything else; `Date.parse` alone takes “-5” too. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]+, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}

/** The error at the bottom of a chain of causes; `fetch failed` itself says nothing. */
function innermost(error: unknown): Error & { code?: unknown } {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    const inner =
      current instanceof AggregateError
        ? (current.errors[0] as unknown)
        : memberOf(current, 'cause');
    if (!(inner instanceof Error)) {
      break;
    }
    current = inner;
  }
  return current instanceof Error ? current : new Error(String(current));
}

function codeOf(error: unknown): string {
  const { code } = innermost(error);
  return typeof code === 'string' ? code : '';
}
