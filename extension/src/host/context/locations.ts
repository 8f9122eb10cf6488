import * as vscode from 'vscode';
import { blockAt, symbolAt, type OutlineSymbol } from '../../core/context/definition.js';
import type { LineRange } from '../../core/context/types.js';

/**
 * What language servers know, asked through the editor. All of it may be missing, slow or wrong.
 */

/** Where something is defined. */
export interface DefinitionPlace {
  readonly uri: vscode.Uri;
  /** The line where its name stands, or its first line. */
  readonly line: number;
  /** All of it, where the server tells. */
  readonly lines?: LineRange;
}

/** Asks the language servers where what stands at a position is defined. */
export async function definitionsAt(
  uri: vscode.Uri,
  position: vscode.Position,
): Promise<DefinitionPlace[]> {
  const found = await vscode.commands.executeCommand<
    readonly (vscode.Location | vscode.LocationLink)[] | undefined
  >('vscode.executeDefinitionProvider', uri, position);
  return (found ?? []).map(placeOf);
}

/** Asks for the outline of a file; empty when nobody knows it. */
export async function outlineOf(uri: vscode.Uri): Promise<readonly OutlineSymbol[]> {
  const found = await vscode.commands.executeCommand<
    readonly (vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined
  >('vscode.executeDocumentSymbolProvider', uri);
  return (found ?? []).map(symbolOf);
}

/**
 * Returns the lines of a definition and, for a type, its members.
 *
 * @param lines of the file.
 */
export function extentOf(
  lines: readonly string[],
  place: Pick<DefinitionPlace, 'line' | 'lines'>,
  outline: readonly OutlineSymbol[],
): { readonly lines: LineRange; readonly members: readonly OutlineSymbol[] } {
  const symbol = symbolAt(outline, place.line);
  const told = place.lines && place.lines.end - place.lines.start > 1 ? place.lines : undefined;
  return {
    lines: symbol?.lines ?? told ?? blockAt(lines, place.line),
    members: symbol?.children ?? [],
  };
}

function placeOf(found: vscode.Location | vscode.LocationLink): DefinitionPlace {
  if ('targetUri' in found) {
    const { start, end } = found.targetRange;
    const name = found.targetSelectionRange ?? found.targetRange;
    return {
      uri: found.targetUri,
      line: name.start.line,
      lines: { start: start.line, end: end.line + 1 },
    };
  }
  return { uri: found.uri, line: found.range.start.line };
}

function symbolOf(symbol: vscode.DocumentSymbol | vscode.SymbolInformation): OutlineSymbol {
  const range = 'location' in symbol ? symbol.location.range : symbol.range;
  return {
    name: symbol.name,
    lines: { start: range.start.line, end: range.end.line + 1 },
    children: 'children' in symbol ? symbol.children.map(symbolOf) : [],
  };
}
