import { looksLikeMarkers } from './blocks.js';
import type { AnswerFormat, EditRequest } from './request.js';

/** Models up to this many billion parameters are small: they copy well and quote badly. */
const SMALL = 7;
/** Lines up to which rewriting a region costs less than the risk of a block not found. */
const SHORT_REGION = 80;

/** Models that are large although their names do not tell a size. */
const LARGE_NAMES =
  /\b(?:gpt-[45]|o[134]\b|claude|gemini|grok|deepseek-(?:chat|reasoner|coder-v2|v[2-9]|r1)|codestral|devstral|mistral-(?:medium|large)|command-r|command-a|kimi|minimax|glm-[4-9]|qwen(?:-|3-coder-)(?:max|plus|next))/i;

/**
 * Returns how many billion parameters a model's name says it has, such as 0.5 for
 * `qwen2.5-coder-0.5b`; of several figures the largest; `undefined` when there is none.
 */
export function billionsIn(id: string): number | undefined {
  const sizes = [...id.matchAll(/(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])/gi)].map(
    ([, experts, figure, unit]) =>
      Number(experts ?? 1) * Number(figure) * (unit?.toLowerCase() === 'm' ? 0.001 : 1),
  );
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

/** Returns whether a model is small; so is one that nothing is known about. */
export function isSmallModel(id: string): boolean {
  const billions = billionsIn(id);
  return billions === undefined ? !LARGE_NAMES.test(id) : billions <= SMALL;
}

/** Returns how a model is to answer about these lines. */
export function chooseFormat(request: EditRequest, text: readonly string[]): AnswerFormat {
  if (request.action === 'generate' || looksLikeMarkers(text)) {
    return 'region';
  }
  if (request.format !== 'auto') {
    return request.format;
  }
  return text.length > SHORT_REGION && !isSmallModel(request.model.id) ? 'blocks' : 'region';
}
