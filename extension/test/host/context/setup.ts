import { readFileSync } from 'node:fs';
import type * as api from 'vscode';
import type { ContextPurpose, GatheredContext } from '../../../src/core/context/types.js';
import { createExclusion, type Exclusion } from '../../../src/host/context/exclusion.js';
import type { GatherExtras } from '../../../src/host/context/gatherer.js';
import { createGatherer, type RunningGatherer } from '../../../src/host/context/index.js';
import { createDocuments, type Documents } from '../../../src/host/documents.js';
import { createSettings, type Settings } from '../../../src/host/settings.js';
import { RememberingLog } from '../../support/silent-log.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import * as vscode from '../../support/vscode.js';
import { asReal, Workbench, type TestDocument } from '../../support/workbench.js';

const MANIFEST: unknown = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);

/** A workbench with the real context gathering in it. */
export interface ContextBench {
  readonly workbench: Workbench;
  readonly clock: VirtualClock;
  readonly log: RememberingLog;
  readonly exclusion: Exclusion;
  readonly documents: Documents;
  readonly settings: Settings;
  readonly gatherer: RunningGatherer;
  /** Gathers at a line's end, letting all the time pass that it takes. */
  gather(
    document: TestDocument,
    line: number,
    purpose?: ContextPurpose,
    extras?: GatherExtras,
  ): Promise<GatheredContext>;
}

export function contextBench(files: Readonly<Record<string, string>> = {}): ContextBench {
  const workbench = new Workbench().install();
  for (const [path, text] of Object.entries(files)) {
    workbench.files.set(path, text);
  }
  const clock = new VirtualClock();
  const log = new RememberingLog();
  const exclusion = createExclusion(log);
  const documents = createDocuments(exclusion);
  const settings = createSettings({ packageJSON: MANIFEST } as api.Extension<unknown>);
  const gatherer = createGatherer({ documents, exclusion, settings, log, clock });
  return {
    workbench,
    clock,
    log,
    exclusion,
    documents,
    settings,
    gatherer,
    gather: async (document, line, purpose = 'completion', extras = {}) => {
      await exclusion.known(asReal(document.uri));
      const position = new vscode.Position(line, document.lineAt(line).text.length);
      const { signal } = new AbortController();
      const at = asReal(position);
      const context = gatherer.gather(asReal(document), at, purpose, signal, extras);
      await settle();
      await clock.advance(1_000);
      return context;
    },
  };
}

/** What a context holds, as `path: first line`. */
export function titles(context: GatheredContext): string[] {
  return context.files.map(({ path, text }) => `${path}: ${text.split('\n')[0]?.trim() ?? ''}`);
}

/** Lines of code that have nothing to do with anything. */
export function filler(count: number, name = 'filler'): string {
  return Array.from({ length: count }, (_, line) => `${name}_${line} = ${line}`).join('\n');
}
