import * as vscode from 'vscode';
import { CompletionEngine } from '../../core/completion/engine.js';
import { Retention } from '../../core/completion/retention.js';
import { renderStatistics } from '../../core/completion/statistics-report.js';
import { Statistics, type Figures } from '../../core/completion/statistics.js';
import { renderStories } from '../../core/completion/story-report.js';
import { ServerProblem } from '../../core/server/problem.js';
import { storyFigures } from '../../core/story-figures.js';
import { TreeStore } from '../../core/syntax/trees.js';
import { registerCommands } from '../../host/commands.js';
import { setContextKey } from '../../host/context-keys.js';
import { grammarLoader } from '../../host/grammars.js';
import type { Host } from '../../host/host.js';
import { VirtualDocuments } from './documents.js';
import { ACCEPTED_COMMAND, CompletionProvider, registerProvider } from './provider.js';
import { watchEditor } from './watch.js';

const STATISTICS_KEY = 'aicockpit.completion.statistics';
/** How often the figures are saved, when there are new ones; milliseconds. */
const SAVE_EVERY = 30_000;
const STORIES = 'Last Completions.md';
const FIGURES = 'Completion Statistics.md';

/** Ghost text. */
export function register(host: Host): vscode.Disposable {
  const { clock, log, client } = host;
  const trees = new TreeStore({
    loadWasm: grammarLoader(host.context.extensionUri),
    clock,
    log,
  });
  const statistics = new Statistics({
    load: () => host.context.globalState.get(STATISTICS_KEY),
    save: (figures) => void host.context.globalState.update(STATISTICS_KEY, figures),
  });
  const retention = new Retention(clock, readText, (accepted, retained) => {
    statistics.count('watchedCharacters', accepted);
    statistics.count('retainedCharacters', retained);
  });
  const engine = new CompletionEngine(
    { client, clock, log, statistics, retention, trees },
    {
      asking: (running) => void setContextKey('aicockpit.completion.asking', running),
      failed: (problem) => reportFailure(host, problem),
    },
  );
  const provider = new CompletionProvider(host, engine);
  const documents = new VirtualDocuments([
    { name: STORIES, write: () => renderStories(engine.stories.latest, clock.now()) },
    { name: FIGURES, write: () => renderStatistics(statistics.figures) },
  ]);
  const saving = setInterval(() => statistics.save(), SAVE_EVERY);
  return vscode.Disposable.from(
    registerProvider(provider),
    watchEditor(engine, provider),
    documents,
    vscode.commands.registerCommand(ACCEPTED_COMMAND, (id: string) => engine.accepted(id)),
    registerCommands(log, {
      'completion.trigger': () => trigger(host),
      'completion.dismiss': () => dismiss(engine),
      'completion.explain': () => documents.show(STORIES),
      'completion.statistics': () => documents.show(FIGURES),
    }),
    host.settings.onDidChange((affects) => {
      if (affects('enabled') || affects('completion.enabled')) {
        engine.dismiss();
      }
    }),
    host.snooze.onDidChange(() => engine.dismiss()),
    host.documents.onDidChangeExclusion(() => engine.exclusionChanged()),
    host.reportSections.add('Completions', () => figureLines(statistics.figures)),
    host.reportSections.add('Latest completions', () => engine.stories.latest.map(storyFigures)),
    { dispose: () => clearInterval(saving) },
    engine,
    trees,
  );
}

/** The counts, for a bug report. */
function figureLines(figures: Figures): string[] {
  return Object.entries(figures).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name}: ${value}`] : [],
  );
}

async function trigger(host: Host): Promise<void> {
  if (!host.connection.modelFor('completion')) {
    const show = vscode.l10n.t('Show Status');
    const text = vscode.l10n.t('There is no model that could complete this now.');
    if ((await vscode.window.showInformationMessage(text, show)) === show) {
      await vscode.commands.executeCommand('aicockpit.menu');
    }
    return;
  }
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
}

async function dismiss(engine: CompletionEngine): Promise<void> {
  engine.dismiss();
  await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
}

function reportFailure(host: Host, problem: unknown): void {
  if (problem instanceof ServerProblem) {
    host.connection.report(problem);
    host.log.info('a completion failed', { kind: problem.kind, code: problem.code });
    return;
  }
  const reason = problem instanceof Error ? problem.message : String(problem);
  host.log.error('a completion failed', { reason });
}

function readText(uri: string, start: number, end: number): string | undefined {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
  return document?.getText(new vscode.Range(document.positionAt(start), document.positionAt(end)));
}
