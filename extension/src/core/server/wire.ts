/** The server's JSON, written and read. Pure; nothing from the wire is trusted to have its shape. */

import { memberOf, problemOfShape } from './failures.js';
import type { ServerProblem } from './problem.js';
import {
  MODEL_STATES,
  ROLES,
  type ChatDelta,
  type ChatRequest,
  type CompletionDelta,
  type CompletionRequest,
  type Finish,
  type ModelInfo,
  type ModelState,
  type ModelStatus,
  type Role,
  type ServerStatus,
  type Usage,
} from './types.js';

/** The body of `/v1/completions`; the server drops the context that does not fit. */
export function completionBody(request: CompletionRequest): string {
  return JSON.stringify({
    model: request.model,
    prompt: request.prefix,
    suffix: request.suffix,
    path: request.path,
    repo: request.repo,
    context: request.context?.length ? request.context : undefined,
    allow_context_dropping: true,
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    stop: request.stop?.length ? request.stop : undefined,
    n: request.choices === 1 ? undefined : request.choices,
    ...STREAMED_WITH_COUNTS,
  });
}

/** The body of `/v1/chat/completions`. */
export function chatBody(request: ChatRequest): string {
  return JSON.stringify({
    model: request.model,
    messages: request.messages,
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    stop: request.stop?.length ? request.stop : undefined,
    ...STREAMED,
  });
}

const STREAMED = { stream: true, stream_options: { include_usage: true } };
/** Ghost text often leaves a stream before its last event, which is where the usage comes else. */
const STREAMED_WITH_COUNTS = {
  stream: true,
  stream_options: { include_usage: true, continuous_usage_stats: true },
};

/**
 * Reads `/v1/models`.
 *
 * @throws ServerProblem when it is no list, or the list of another kind of server.
 */
export function readModels(answer: unknown): readonly ModelInfo[] {
  const data = memberOf(answer, 'data');
  if (!Array.isArray(data)) {
    throw notOurs('Its list of models has no data.');
  }
  const cards = data.filter((card) => typeof memberOf(card, 'id') === 'string');
  if (cards.length > 0 && !cards.some((card) => Array.isArray(memberOf(card, 'roles')))) {
    const owner = memberOf(cards[0], 'owned_by');
    const shown = typeof owner === 'string' ? ` (models owned by “${owner}”)` : '';
    throw notOurs(`It is a server of another kind${shown}.`);
  }
  return cards.map(readModel);
}

function notOurs(why: string): ServerProblem {
  const what = 'Something answers, but it is no AiCockpit server.';
  return problemOfShape(`${what} ${why}`, 'not_aicockpit', 200);
}

function readModel(card: unknown): ModelInfo {
  const contextLength = memberOf(card, 'max_model_len');
  const fim = memberOf(card, 'fim');
  return {
    id: textOf(card, 'id') ?? '',
    aliases: strings(memberOf(card, 'aliases')),
    roles: rolesOf(card),
    state: stateOf(card),
    default: memberOf(card, 'default') === true,
    ...(typeof contextLength === 'number' ? { contextLength } : {}),
    ...(typeof fim === 'string' ? { fim } : {}),
  };
}

/**
 * Reads `/api/status`.
 *
 * @throws ServerProblem when it has no models.
 */
export function readStatus(answer: unknown): ServerStatus {
  const models = memberOf(answer, 'models');
  if (!Array.isArray(models)) {
    throw notOurs('Its status has no models.');
  }
  const engine = memberOf(answer, 'engine');
  const name = textOf(engine, 'name');
  const words = [name, textOf(engine, 'version')].filter((word) => word !== undefined).join(' ');
  const accelerator = textOf(engine, 'accelerator');
  return {
    ...(name === undefined
      ? {}
      : { engine: accelerator === undefined ? words : `${words} (${accelerator})` }),
    models: models.map(readModelStatus),
  };
}

function readModelStatus(model: unknown): ModelStatus {
  const restarts = memberOf(model, 'restarts');
  const phase = textOf(model, 'phase');
  const error = textOf(model, 'error');
  const key = textOf(model, 'key');
  return {
    id: textOf(model, 'id') ?? '',
    aliases: [...strings(memberOf(model, 'aliases')), ...(key === undefined ? [] : [key])],
    roles: rolesOf(model),
    state: stateOf(model),
    default: memberOf(model, 'default') === true,
    restarts: typeof restarts === 'number' ? restarts : 0,
    ...(phase === undefined ? {} : { phase }),
    ...(error === undefined ? {} : { error }),
  };
}

/** Reads one event of a completion's stream; the one with the usage has no text. */
export function readCompletionEvent(event: unknown): readonly CompletionDelta[] {
  return choicesOf(event).map((choice) => {
    const index = memberOf(choice, 'index');
    return {
      index: typeof index === 'number' ? index : 0,
      text: textOf(choice, 'text') ?? '',
      ...finishIn(choice),
      ...usageIn(event),
    };
  });
}

/** Reads one event of a chat's stream; the one with the usage has no text. */
export function readChatEvent(event: unknown): readonly ChatDelta[] {
  return choicesOf(event).map((choice) => ({
    text: textOf(memberOf(choice, 'delta'), 'content') ?? '',
    ...finishIn(choice),
    ...usageIn(event),
  }));
}

/** The choices of an event. One with only a usage counts as one empty choice. */
function choicesOf(event: unknown): readonly unknown[] {
  const choices = memberOf(event, 'choices');
  if (!Array.isArray(choices)) {
    throw problemOfShape('The answer holds an event that is no completion.', 'bad_event', 200);
  }
  return choices.length === 0 && 'usage' in usageIn(event) ? [{}] : (choices as unknown[]);
}

function finishIn(choice: unknown): { finish?: Finish } {
  const reason = memberOf(choice, 'finish_reason');
  if (typeof reason !== 'string') {
    return {};
  }
  if (reason === 'abort' || reason === 'error') {
    const what = `The engine gave up in the middle of its answer (${reason}).`;
    throw problemOfShape(what, `finish_${reason}`, 200);
  }
  return { finish: reason === 'length' ? 'length' : 'stop' };
}

function usageIn(event: unknown): { usage?: Usage } {
  const usage = memberOf(event, 'usage');
  const promptTokens = memberOf(usage, 'prompt_tokens');
  if (typeof promptTokens !== 'number') {
    return {};
  }
  const cached = memberOf(memberOf(usage, 'prompt_tokens_details'), 'cached_tokens');
  const completion = memberOf(usage, 'completion_tokens');
  return {
    usage: {
      promptTokens,
      ...(typeof cached === 'number' ? { cachedTokens: cached } : {}),
      completionTokens: typeof completion === 'number' ? completion : 0,
    },
  };
}

function rolesOf(value: unknown): readonly Role[] {
  const roles = strings(memberOf(value, 'roles'));
  return ROLES.filter((role) => roles.includes(role));
}

function stateOf(value: unknown): ModelState {
  const word = textOf(value, 'state');
  return MODEL_STATES.find((state) => state === word) ?? 'unknown';
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function textOf(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : undefined;
}
