/**
 * Finds where a name is declared without a language server: by the words that languages put in
 * front of a declaration. For languages whose server is not installed.
 */

const NAME = /^[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*$/;
const LONGEST_LINE = 400;

/** Returns the line where a file declares a name, or undefined; the outermost one when several do. */
export function declarationLine(lines: readonly string[], name: string): number | undefined {
  if (!NAME.test(name)) {
    return undefined;
  }
  const declares = declarationOf(name);
  let best: { readonly line: number; readonly indentation: number } | undefined;
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line] ?? '';
    if (text.length > LONGEST_LINE || !text.includes(name) || !declares.test(text)) {
      continue;
    }
    const indentation = text.length - text.trimStart().length;
    if (!best || indentation < best.indentation) {
      best = { line, indentation };
    }
  }
  return best?.line;
}

function declarationOf(name: string): RegExp {
  const exact = `${name.replaceAll('$', '\\$')}(?![\\w$])`;
  const keywords =
    'def|class|function\\*?|fn|func|interface|struct|enum|type|trait|record|object|module|protocol|' +
    'typedef|macro_rules!|fun|sub|proc|extension';
  const modifiers =
    'export|default|declare|public|private|protected|internal|static|abstract|final|async|pub(?:\\([\\w:]+\\))?|' +
    'override|open|sealed|data|inline|const|unsafe|extern|partial|readonly';
  return new RegExp(
    [
      `^\\s*(?:(?:${modifiers})\\s+)*(?:${keywords})\\s+(?:\\([^)]*\\)\\s*)?(?:self\\.)?${exact}`,
      `^(?:export\\s+)?(?:(?:const|let|var|val|static|final)\\s+)${exact}`,
      `^${exact}\\s*(?::[^=]+)?=(?!=)`,
      `^\\s*#\\s*define\\s+${exact}`,
    ].join('|'),
  );
}
