/**
 * What can go wrong between the editor and the server, each with what to do about it.
 *
 *  - `unreachable`: nothing answers at the address.
 *  - `certificate`: the address answers with a certificate that is not trusted.
 *  - `unauthorized`: the server wants a key, or another one.
 *  - `loading`: the model is still starting; `retryAfterMs` says when to ask again.
 *  - `unknown-model`: the server has no model of that name.
 *  - `unsupported`: the model cannot do this, such as fill in the middle.
 *  - `too-long`: prompt and answer do not fit.
 *  - `busy`: the server has no room now, or is stopping.
 *  - `failed`: the server or its engine failed.
 *  - `rejected`: the server does not accept the request.
 *  - `interrupted`: the answer broke off in the middle.
 *  - `protocol`: something answered, but not in an AiCockpit server's way.
 */
export type ProblemKind =
  | 'unreachable'
  | 'certificate'
  | 'unauthorized'
  | 'loading'
  | 'unknown-model'
  | 'unsupported'
  | 'too-long'
  | 'busy'
  | 'failed'
  | 'rejected'
  | 'interrupted'
  | 'protocol';

export interface ProblemDetails {
  /** The server's own stable word, such as `model_not_found`, or ours, such as `html_page`. */
  readonly code: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** What the user can do, one sentence; the kind's usual one when absent. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** A request that failed. The message says what happened and why; it never holds code or keys. */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem';
  readonly kind: ProblemKind;
  readonly code: string;
  readonly status: number;
  readonly retryAfterMs?: number;
  readonly remedy: string;

  constructor(kind: ProblemKind, message: string, details: ProblemDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.code = details.code;
    this.status = details.status ?? 0;
    if (details.retryAfterMs !== undefined) {
      this.retryAfterMs = details.retryAfterMs;
    }
    this.remedy = details.remedy ?? REMEDIES[kind];
  }
}

const REMEDIES: Record<ProblemKind, string> = {
  unreachable: 'Start the server, or check the address in the settings.',
  certificate:
    'Add the certificate authority to the system, or start the editor with NODE_EXTRA_CA_CERTS.',
  unauthorized: 'Set the API key.',
  loading: 'Wait until the model is ready.',
  'unknown-model': 'Choose one of the models that the server has.',
  unsupported: 'Choose another model.',
  'too-long': 'Ask about less text, or give the model a longer context.',
  busy: 'Ask again in a moment.',
  failed: "Look into the server's log.",
  rejected: 'Report this: the extension and the server may not fit together.',
  interrupted: "Ask again; if it stays like this, look into the server's log.",
  protocol: 'Check the address in the settings, and whether a proxy stands in between.',
};
