/**
 * Takes secrets and personal places out of text that leaves the machine or is kept: keys, bearer
 * tokens, user names and passwords in URLs, and home folders. Pure. It errs on the side of taking
 * out too much; what stays readable is what a maintainer needs.
 */

const HIDDEN = '[hidden]';

/**
 * How a name ends whose value is secret; what stands before the ending does not matter. `tokens`
 * and `maxTokens` are none of them: they count.
 */
const SECRET_NAME = String.raw`(?:api[-_]?key|secret|password|passwd|authorization|token)`;

/**
 * A value: in quotes, which are escaped within a string and which a line that was cut may leave
 * open, or up to the next separator.
 */
const VALUE = `(?:${[
  String.raw`"(?:\\.|[^"\\\n])*"?`,
  String.raw`'(?:\\.|[^'\\\n])*'?`,
  String.raw`\\+"[^"\n]*"?`,
  String.raw`\\+'[^'\n]*'?`,
  String.raw`[^\s,;&"'}]+`,
].join('|')})`;

/** Names in a query or fragment whose value opens something; elsewhere they are plain words. */
const QUERY_NAME = String.raw`(?:[\w.-]*(?:token|key|signature|credential)|code|sig)`;

/** What to look for and what to put in its place; `$1` and so on keep what is harmless. */
const RULES: readonly (readonly [RegExp, string])[] = [
  // A URL's user information: https://name:secret@host
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@"'<>]*(?:@[^\s/?#@"'<>]*)*@/gi, `$1${HIDDEN}@`],
  // Authorization headers and everything that looks like one.
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{6,}/gi, `$1$2${HIDDEN}`],
  // What a link carries, up to the next parameter: https://host/path?code=secret&state=1
  [new RegExp(`((?:[?&#]|&amp;)${QUERY_NAME}=)[^\\s&#"'<>]+`, 'gi'), `$1${HIDDEN}`],
  // name=value and "name": "value" where the name says that the value is secret.
  [new RegExp(`(${SECRET_NAME}\\\\*["']?\\s*[:=]\\s*)${VALUE}`, 'gi'), `$1${HIDDEN}`],
  // The same as options: --name value, and "--name", "value" in a list of arguments.
  [
    new RegExp(
      `((?<![\\w-])--?[\\w-]*${SECRET_NAME}(?:\\\\*["'],\\s*|[^\\S\\n]+))(?!--)${VALUE}`,
      'gi',
    ),
    `$1${HIDDEN}`,
  ],
  // Keys by their customary beginnings.
  [/\b(?:sk|pk|rk|hf|gh[opsu]|github_pat|glpat|xox[a-z])[-_][\w-]{8,}/g, HIDDEN],
  // JSON web tokens.
  [/\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g, HIDDEN],
];

/** What identifies this user and machine. */
export interface PersonalPlaces {
  /** The user's home folder, in the machine's own spelling. */
  readonly home?: string;
  /** Exact texts that must not appear, such as the API key. */
  readonly secrets?: readonly string[];
}

const HOME_FOLDERS = /((?:\/(?:home|Users)\/|[A-Za-z]:[\\/]+Users[\\/]+))[^\\/\s"':]+/g;

/** Returns the text without secrets; what was taken out reads `[hidden]`, the home folder `~`. */
export function redact(text: string, places: PersonalPlaces = {}): string {
  let result = text;
  for (const secret of places.secrets ?? []) {
    if (secret.length > 0) {
      result = result.replaceAll(secret, HIDDEN);
    }
  }
  for (const [pattern, replacement] of RULES) {
    result = result.replace(pattern, replacement);
  }
  for (const home of spellings(places.home)) {
    result = result.replaceAll(home, '~');
  }
  return result.replace(HOME_FOLDERS, '~');
}

/** A Windows path appears with backslashes, escaped ones, and as a part of a URI. */
function spellings(home: string | undefined): readonly string[] {
  if (!home || home.length < 2) {
    return [];
  }
  const escaped = home.replaceAll('\\', '\\\\');
  const slashed = home.replaceAll('\\', '/');
  const encoded = encodeURI(slashed);
  return [...new Set([escaped, home, slashed, encoded])];
}
