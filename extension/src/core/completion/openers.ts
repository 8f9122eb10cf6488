/** Languages whose blocks begin after a colon. */
const COLON = new Set(['python', 'yaml', 'nim', 'gdscript', 'starlark', 'coffeescript']);

/** Languages whose blocks end with a word such as `end` or `fi`. */
const WORDS: Readonly<Record<string, RegExp>> = {
  ruby: /^\s*(?:def|class|module|if|unless|while|until|case|begin|for)\b(?!.*\bend\b)|\bdo(?:\s*\|[^|]*\|)?$/,
  lua: /\b(?:then|do|else|repeat)$|\bfunction\b[^()]*\([^()]*\)$/,
  shellscript: /(?:^|[\s;])(?:then|do|else)$|\bin$/,
  bash: /(?:^|[\s;])(?:then|do|else)$|\bin$/,
  elixir: /\bdo$|->$/,
  julia: /^\s*(?:function|if|for|while|let|begin|struct|module|macro|try|else)\b(?!.*\bend\b)/,
  sql: /\b(?:begin|then|loop|as)$/i,
};

/** Takes the comment off a line's end, when it can be told from the line alone. */
function withoutComment(line: string, language: string): string {
  const marks = ['python', 'ruby', 'shellscript', 'bash', 'yaml', 'julia', 'elixir'].includes(
    language,
  )
    ? /\s#(?!\{)[^'"]*$/
    : /\s(?:\/\/[^'"]*|\/\*[^*]*\*\/)\s*$/;
  return line.replace(marks, '').trimEnd();
}

/** Whether a line, complete or up to the cursor, opens a block whose body is still to come. */
export function opensBlock(line: string, language: string): boolean {
  const code = withoutComment(line, language);
  return (
    /[{([]$/.test(code) ||
    /(?:=>|->)$/.test(code) ||
    (COLON.has(language) && code.endsWith(':')) ||
    WORDS[language]?.test(code) === true
  );
}

const MODIFIERS =
  '(?:(?:export|default|public|private|protected|internal|static|async|abstract|final|override|virtual|unsafe|extern|pub(?:\\([^)]*\\))?)\\s+)*';
const DEFINITION = new RegExp(
  `^\\s*(?:@\\w|#\\[|${MODIFIERS}(?:def|class|function|func|fn|impl|struct|enum|trait|interface|module|namespace|template|record|type\\s+\\w+\\s*=|describe\\(|it\\(|test\\())\\b`,
);
const CONTROL =
  /^\s*(?:\}\s*)?(?:if|else|for|foreach|while|switch|catch|try|do|return|with|using|lock|match|select|when|unless|until)\b/;
const METHOD = /^\s*[\w<>[\],.*&:~?@ \t]+\([^;]*\)[\w\s:<>|,.\-[\]]*\{\s*$/;

/**
 * Whether a line begins a function, a class or another thing with a name of its own. Some are
 * known by their keyword alone, others only when the line is complete.
 */
export function startsDefinition(line: string, complete: boolean): boolean {
  return DEFINITION.test(line) || (complete && METHOD.test(line) && !CONTROL.test(line));
}

const CONTINUES =
  /^\s*(?:[)\]}{]|<\/|\.(?!\.)|&&|\|\||\?\?|[?:|]\s|(?:else|elif|elsif|elseif|except|finally|catch|rescue|ensure|end|fi|done|esac|then|do|where|until)\b)/;

/** Whether a line goes on with the statement above that is as far indented: `} else {`, `end`. */
export function continuesStatement(line: string): boolean {
  return CONTINUES.test(line);
}
