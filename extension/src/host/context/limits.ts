import type { ContextSource } from '../../core/context/types.js';
import type { Settings } from '../settings.js';

/** What the user's settings allow. */
export interface ContextLimits {
  readonly isOn: (source: ContextSource) => boolean;
  /** Sources that are switched off. */
  readonly off: readonly ContextSource[];
  /** Longest wait for a source, in milliseconds. */
  readonly time: number;
  /** Most characters of other files in a completion's prompt. */
  readonly characters: number;
}

/** Sources that no setting switches off: who mentions a file wants it, and a notebook is one text. */
const ALWAYS = new Set<ContextSource>(['mentions', 'notebookCells']);

/** Reads the settings; too slow for every keystroke, so the result is to be kept until they change. */
export function readLimits(settings: Settings): ContextLimits {
  const chosen = settings.get('context.sources');
  const isOn = (source: ContextSource): boolean => ALWAYS.has(source) || chosen[source] !== false;
  return {
    isOn,
    off: Object.keys(chosen).filter((source) => !isOn(source as ContextSource)) as ContextSource[],
    time: settings.get('context.timeLimit'),
    characters: settings.get('context.maxCharacters'),
  };
}
