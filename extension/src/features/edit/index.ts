import * as vscode from 'vscode';
import { registerCommands } from '../../host/commands.js';
import type { LineSpan } from '../../core/edit/target.js';
import type { Host } from '../../host/host.js';
import { QuickActions } from './code-actions.js';
import { EditLenses } from './code-lenses.js';
import { EditCommands } from './commands.js';
import { Copies } from './copies.js';
import { decideHunk, goToHunk } from './decide.js';
import { Edits } from './edits.js';
import { Explanations } from './explain.js';
import { Keys } from './keys.js';
import { recoverEdits } from './recovery.js';

/** Edits in words: asked for in a prompt, streamed into the editor as a diff, decided by hunk. */
export function register(host: Host): vscode.Disposable {
  const edits = new Edits(host);
  const explanations = new Explanations(host);
  const commands = new EditCommands(host, edits, explanations);
  const lenses = new EditLenses(edits, new Keys(host.settings));
  return vscode.Disposable.from(
    edits,
    lenses,
    explanations,
    new QuickActions(host, edits),
    recoverEdits(host, edits),
    new Copies(host, edits),
    vscode.languages.registerCodeLensProvider({ pattern: '**' }, lenses),
    registerCommands(host.log, {
      'edit.start': () => commands.start(),
      'edit.refine': () => commands.refine(),
      'edit.acceptAll': () => edits.active?.acceptAll(),
      'edit.rejectAll': () => edits.active?.rejectAll(),
      'edit.acceptHunk': (line) => decideHunk(edits.active, 'accept', lineIn(line)),
      'edit.rejectHunk': (line) => decideHunk(edits.active, 'reject', lineIn(line)),
      'edit.nextHunk': () => goToHunk(edits.active, 'next'),
      'edit.previousHunk': () => goToHunk(edits.active, 'previous'),
      'edit.fix': (lines) => commands.quick('fix', spanIn(lines)),
      'edit.explain': () => commands.explain(),
      'edit.tests': () => commands.writeTests(),
      'edit.document': () => commands.quick('document'),
    }),
  );
}

/** Buttons give a line; keys and menus give nothing, or the document. */
function lineIn(argument: unknown): number | undefined {
  return typeof argument === 'number' ? argument : undefined;
}

/** The light bulb gives lines. */
function spanIn(argument: unknown): LineSpan | undefined {
  const { start, end } = (argument ?? {}) as Partial<Record<keyof LineSpan, unknown>>;
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : undefined;
}
