import type { EditRequest } from '../../../src/core/edit/request.js';
import type { ModelInfo } from '../../../src/core/server/types.js';

/** A small model, as the starter is. */
export const SMALL_MODEL: ModelInfo = {
  id: 'qwen2.5-coder-0.5b-instruct',
  aliases: [],
  roles: ['edit'],
  state: 'ready',
  default: true,
  contextLength: 8_192,
};

export const LARGE_MODEL: ModelInfo = { ...SMALL_MODEL, id: 'qwen2.5-coder-32b-instruct' };

/** Returns a request about a small Python function, but for what is given. */
export function requestOf(partial: Partial<EditRequest> = {}): EditRequest {
  return {
    action: 'edit',
    instruction: 'Add one.',
    path: 'src/a.py',
    language: 'python',
    before: [],
    region: ['def f(a):', '    x = a', '    return x'],
    after: [],
    problems: [],
    mentions: [],
    context: [],
    indentation: { insertSpaces: true, size: 4 },
    model: SMALL_MODEL,
    format: 'auto',
    surroundingLines: 60,
    maxTokens: 1_024,
    ...partial,
  };
}
