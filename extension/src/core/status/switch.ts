/** Whether completions are wanted at a place, and if not, why. Pure. */

export type CompletionSwitch =
  | 'on'
  /** The one switch is off. */
  | 'off'
  /** Completions are off, here or everywhere. */
  | 'completions-off'
  /** Completions are off in this language. */
  | 'language-off'
  | 'snoozed';

export interface SwitchPositions {
  /** `aicockpit.enabled`. */
  readonly enabled: boolean;
  /** `aicockpit.completion.enabled`. */
  readonly completions: boolean;
  /** `aicockpit.completion.languages`; `*` stands for all others. */
  readonly languages: Readonly<Record<string, boolean>>;
  /** The document's language; absent without a document. */
  readonly language?: string;
  readonly snoozed: boolean;
}

/** Returns whether completions are wanted; of several reasons against, the widest. */
export function completionSwitch(positions: SwitchPositions): CompletionSwitch {
  if (!positions.enabled) {
    return 'off';
  }
  if (!positions.completions) {
    return 'completions-off';
  }
  if (positions.language !== undefined && !languageOn(positions.languages, positions.language)) {
    return 'language-off';
  }
  return positions.snoozed ? 'snoozed' : 'on';
}

/** Returns the languages with one switched; what `*` says anyway is not said again. */
export function switchedLanguage(
  languages: Readonly<Record<string, boolean>>,
  language: string,
): Readonly<Record<string, boolean>> {
  const on = !languageOn(languages, language);
  const others = Object.entries(languages).filter(([name]) => name !== language);
  const said = on === (languages['*'] ?? true) ? [] : [[language, on] as const];
  return Object.fromEntries([...others, ...said]);
}

/** Returns whether a language's completions are on. */
export function languageOn(
  languages: Readonly<Record<string, boolean>>,
  language: string,
): boolean {
  return languages[language] ?? languages['*'] ?? true;
}
