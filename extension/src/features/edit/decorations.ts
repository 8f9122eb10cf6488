import * as vscode from 'vscode';
import type { Row, RowKind } from '../../core/edit/rows.js';

type Coloured = Exclude<RowKind, 'kept'>;

/** Colours the rows of edits: one set of decorations for all editors. */
export class RowColours implements vscode.Disposable {
  #types = decorationTypes();
  readonly #watching: vscode.Disposable;

  /** @param repaint is called when the theme changed in a way that needs other decorations. */
  constructor(repaint: () => void) {
    let contrast = isHighContrast();
    this.#watching = vscode.window.onDidChangeActiveColorTheme(() => {
      if (contrast !== isHighContrast()) {
        contrast = isHighContrast();
        this.#disposeTypes();
        this.#types = decorationTypes();
        repaint();
      }
    });
  }

  /** Colours an editor's lines from `start` on as the rows say, and no others. */
  paint(editor: vscode.TextEditor, start: number, rows: readonly Row[]): void {
    editor.setDecorations(this.#types.removed, rangesOf(rows, 'removed', start));
    editor.setDecorations(this.#types.added, rangesOf(rows, 'added', start));
  }

  dispose(): void {
    this.#watching.dispose();
    this.#disposeTypes();
  }

  #disposeTypes(): void {
    this.#types.added.dispose();
    this.#types.removed.dispose();
  }
}

function rangesOf(rows: readonly Row[], kind: Coloured, start: number): vscode.Range[] {
  const ranges: vscode.Range[] = [];
  let first: number | undefined;
  rows.forEach((row, index) => {
    if (row.kind !== kind) {
      return;
    }
    first ??= index;
    if (rows[index + 1]?.kind !== kind) {
      ranges.push(new vscode.Range(start + first, 0, start + index, row.text.length));
      first = undefined;
    }
  });
  return ranges;
}

function decorationTypes(): Record<Coloured, vscode.TextEditorDecorationType> {
  return {
    added: decorationType('inserted', '+', '#2ea043', '#1a7f37'),
    removed: decorationType('removed', '−', '#f85149', '#cf222e'),
  };
}

function decorationType(
  name: 'inserted' | 'removed',
  sign: string,
  onDark: string,
  onLight: string,
): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor(`diffEditor.${name}LineBackground`),
    overviewRulerColor: new vscode.ThemeColor(
      `editorOverviewRuler.${name === 'inserted' ? 'added' : 'deleted'}Foreground`,
    ),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    // High contrast themes have no background for lines; a bar in the colour of their diffs stands in for it.
    ...(isHighContrast()
      ? {
          borderStyle: 'solid',
          borderWidth: '0 0 0 3px',
          borderColor: new vscode.ThemeColor(`diffEditor.${name}TextBorder`),
        }
      : {}),
    dark: { gutterIconPath: gutterSign(sign, onDark), gutterIconSize: 'contain' },
    light: { gutterIconPath: gutterSign(sign, onLight), gutterIconSize: 'contain' },
  });
}

/** A sign beside the line, so that nothing is told by colour alone. */
function gutterSign(sign: string, colour: string): vscode.Uri {
  const plus = sign === '+' ? '<path d="M8 4v8"/>' : '';
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="${colour}" ` +
    `stroke-width="1.6" stroke-linecap="round"><path d="M4 8h8"/>${plus}</svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`, true);
}

function isHighContrast(): boolean {
  const { kind } = vscode.window.activeColorTheme;
  return (
    kind === vscode.ColorThemeKind.HighContrast || kind === vscode.ColorThemeKind.HighContrastLight
  );
}
