import type { GatheredContext } from '../context/types.js';
import type { CompletionRequest } from '../server/types.js';
import type { SyntaxView } from '../syntax/view.js';
import type { CursorView } from './cursor.js';
import type { FlightPlan, Luggage, Purpose } from './flight.js';
import { decideLines, type LinesDecision } from './multiline.js';
import { afterOpening } from './opening.js';
import { spotOf } from './spot.js';
import { streamLimit } from './stop.js';
import type { Question } from './types.js';
import { windowBudget, type PromptWindow, type PromptWindows } from './window.js';

/** Tokens of a line, at most; asking for more only keeps room in the model's context. */
const LINE_TOKENS = 64;
/** How freely the model chooses its words for alternatives; the first answer is the likeliest. */
const ALTERNATIVES_TEMPERATURE = 0.4;

export interface PlanInput {
  readonly purpose: Purpose;
  readonly question: Question;
  /** Where the cursor is. */
  readonly from: CursorView;
  /** Where the answer belongs: for a prefetch, where the cursor will be. */
  readonly at: CursorView;
  /** What has to be typed to come from there to here. */
  readonly lead: string;
  readonly context: GatheredContext;
  readonly justAccepted: boolean;
  readonly syntax?: SyntaxView | undefined;
  readonly before?: Luggage['before'] | undefined;
}

export interface Plan {
  readonly flight: FlightPlan;
  readonly lines: LinesDecision;
  readonly sent: { readonly prefix: number; readonly suffix: number };
}

/** Writes the request for one completion. */
export function planFlight(input: PlanInput, windows: PromptWindows): Plan {
  const { question, at, syntax } = input;
  const { options, model } = question;
  const place = {
    prefix: at.prefix,
    suffix: at.suffix,
    language: at.language,
    justAccepted: input.justAccepted,
    ...(options.tabSize === undefined ? {} : { tabSize: options.tabSize }),
    ...(syntax ? { syntax } : {}),
  };
  const lines = linesBySetting(question) ?? decideLines({ ...place, trigger: question.trigger });
  const multiline = lines.lines === 'multi';
  const budget = windowBudget(model.contextLength, options.maxTokens);
  const window = input.purpose === 'prefetch' ? windows.peek(at, budget) : windows.cut(at, budget);
  const flight: FlightPlan = {
    purpose: input.purpose,
    from: spotOf(input.from),
    lead: input.lead,
    offset: at.suggestion ? undefined : input.from.offset,
    request: requestFor(input, window, multiline),
    multiline,
    limit: () => afterOpening(streamLimit({ ...place, multiline }), place),
    luggage: {
      view: at,
      context: input.context,
      ...(syntax ? { syntax } : {}),
      ...(options.tabSize === undefined ? {} : { tabSize: options.tabSize }),
      ...(input.before ? { before: input.before } : {}),
    },
  };
  return { flight, lines, sent: { prefix: window.prefix.length, suffix: window.suffix.length } };
}

function linesBySetting({ options }: Question): LinesDecision | undefined {
  switch (options.multiline) {
    case 'auto':
      return undefined;
    case 'never':
      return { lines: 'single', reason: 'by the setting' };
    case 'always':
      return { lines: 'multi', reason: 'by the setting' };
  }
}

function requestFor(input: PlanInput, window: PromptWindow, multiline: boolean): CompletionRequest {
  const { question, context } = input;
  const { model, options } = question;
  const alternatives = input.purpose === 'alternatives';
  const fim = model.fim !== undefined;
  return {
    model: model.id,
    prefix: window.prefix,
    // A model that cannot fill in can still go on from what is before the cursor.
    suffix: fim ? window.suffix : '',
    ...(fim ? surroundings(context) : {}),
    maxTokens: multiline ? options.maxTokens : Math.min(options.maxTokens, LINE_TOKENS),
    temperature: alternatives ? ALTERNATIVES_TEMPERATURE : 0,
    ...(alternatives ? { choices: options.alternatives } : {}),
  };
}

function surroundings(
  context: GatheredContext,
): Pick<CompletionRequest, 'path' | 'repo' | 'context'> {
  return {
    path: context.path,
    ...(context.repo === undefined ? {} : { repo: context.repo }),
    ...(context.files.length > 0 ? { context: context.files } : {}),
  };
}
