/** Tells what a model says to the user apart from code. */

const PROSE_LANGUAGES: ReadonlySet<string> = new Set([
  'markdown',
  'mdx',
  'plaintext',
  'latex',
  'tex',
  'restructuredtext',
  'asciidoc',
  'git-commit',
]);

const PREAMBLE =
  /^(?:sure|certainly|of course|okay|ok|absolutely|great|here(?:'s| is| are)|below (?:is|are)|i(?:'ve| have|'ll| will|'m| am| can)|let's|let me|the (?:following|updated|modified|corrected|revised|new|fixed|refactored|code|function|selection|selected)|this (?:code|function|version|change|will|is|should)|to (?:fix|do|make|achieve|implement|address)|in this|note(?: that)?\b|explanation|changes? made|updated (?:code|function)|sorry|i apologi[sz]e|unfortunately|as an ai|now,? )/i;

const REFUSAL =
  /\b(?:i(?:'m| am) (?:sorry|afraid|unable)|i (?:can(?:'t|not)|won't)|as an ai|unable to (?:help|assist|comply)|(?:cannot|can't) (?:help|assist|comply))\b/i;

/** Returns whether files of a language are text for people, in which sentences are no talk. */
export function isProseLanguage(language: string): boolean {
  return PROSE_LANGUAGES.has(language);
}

/**
 * Returns whether a line is something that the model says rather than a line of the file. Careful:
 * code that is taken for talk is lost, talk that is taken for code shows and can be rejected.
 */
export function isChatter(line: string, language: string): boolean {
  const text = line.trim();
  if (/^\*\*[^*]+\*\*:?$/.test(text) && !isProseLanguage(language)) {
    return true;
  }
  if (isProseLanguage(language)) {
    return PREAMBLE.test(text) && text.endsWith(':');
  }
  if (/^\s/.test(line)) {
    return false;
  }
  const words = text.replace(/`[^`]*`/g, 'word');
  if (/[{};=<>\\$@#]|->|::|\w\(|^["']/.test(words)) {
    return false;
  }
  const count = words.split(/\s+/).filter((word) => /\p{L}{2,}/u.test(word)).length;
  if (PREAMBLE.test(text) && (count >= 3 || /[.:!?]$/.test(text))) {
    return true;
  }
  return count >= 5 && /^[\p{Lu}`*]/u.test(text) && /[.:!?]\**$/.test(text);
}

/** Returns whether a text says that the model will not do what it was asked. */
export function isRefusal(text: string): boolean {
  return REFUSAL.test(text.slice(0, 400));
}
