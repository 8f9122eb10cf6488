import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { systemClock } from '../core/clock.js';
import type { Logger } from '../core/log.js';
import { createClient, type Exchange } from '../core/server/client.js';
import { ServerConnection } from '../core/server/connection.js';
import { Latencies } from '../core/server/latency.js';
import type { CockpitClient } from '../core/server/types.js';
import { Told } from '../core/status/notices.js';
import { createActivity } from './activity.js';
import { createExclusion } from './context/exclusion.js';
import { createGatherer } from './context/index.js';
import { createDocuments } from './documents.js';
import { createFetch } from './fetch.js';
import type { Host } from './host.js';
import { createLog } from './log.js';
import { createReportSections } from './report-sections.js';
import { createSecrets, type Secrets } from './secrets.js';
import { createSettings, type Settings } from './settings.js';
import { createSnooze } from './snooze.js';
import { wantedModels } from './wanted.js';

/** The host, and what the composition root does with it. */
export interface RunningHost extends Host {
  /** Begins to look for the server. */
  start(): void;
  dispose(): void;
}

/** Puts the host together. Nothing is asked or sent before `start`. */
export function createHost(context: vscode.ExtensionContext): RunningHost {
  const clock = systemClock;
  const secrets = createSecrets(context.secrets, (error) =>
    log.error('the secret storage failed', { error: String(error) }),
  );
  const log = createLog(() => ({ home: homedir(), secrets: secrets.known }));
  const settings = createSettings(context.extension);
  const latencies = new Latencies();
  const client = createClient({
    fetch: createFetch(() => process.env['NODE_EXTRA_CA_CERTS']),
    clock,
    address: () => settings.get('serverUrl'),
    key: (address) => secrets.key(address),
    onExchange: (exchange) => {
      latencies.add(exchange);
      logExchange(log, exchange);
    },
  });
  const watching = watchServer({ client, settings, secrets, log });
  const exclusion = createExclusion(log);
  const documents = createDocuments(exclusion);
  const gatherer = createGatherer({ documents, exclusion, settings, log, clock });
  const activity = createActivity();
  const snooze = createSnooze(context.globalState);
  const parts = [watching, gatherer, exclusion, activity, snooze, secrets, log];
  return {
    context,
    log,
    clock,
    settings,
    secrets,
    connection: watching.connection,
    client,
    latencies,
    told: new Told(),
    documents,
    gatherer,
    activity,
    snooze,
    reportSections: createReportSections(),
    start: () => watching.connection.start(),
    dispose: () => {
      parts.forEach((part) => part.dispose());
    },
  };
}

interface WatchParts {
  readonly client: CockpitClient;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/** The connection, told of every change that it depends on. */
function watchServer(parts: WatchParts): { connection: ServerConnection; dispose(): void } {
  const { client, settings, secrets, log } = parts;
  const connection = new ServerConnection({
    client,
    clock: systemClock,
    log,
    enabled: () => settings.get('enabled'),
    address: () => settings.get('serverUrl'),
    keySet: async () => (await secrets.key(settings.get('serverUrl'))) !== undefined,
    wanted: () => wantedModels(settings),
  });
  const changes = vscode.Disposable.from(
    settings.onDidChange((affects) => {
      if (
        affects('enabled') ||
        affects('serverUrl') ||
        affects('models.completion') ||
        affects('models.edit')
      ) {
        connection.configure();
      }
    }),
    secrets.onDidChange(() => connection.configure()),
    // A window that was away for long may look at an old state.
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused && connection.state.kind === 'unreachable') {
        void connection.refresh();
      }
    }),
  );
  return {
    connection,
    dispose: () => {
      changes.dispose();
      connection.dispose();
    },
  };
}

function logExchange(log: Logger, exchange: Exchange): void {
  const { usage, firstTextMs, totalMs, ...rest } = exchange;
  log.debug('generation', {
    ...rest,
    totalMs: Math.round(totalMs),
    firstTextMs: firstTextMs === undefined ? undefined : Math.round(firstTextMs),
    promptTokens: usage?.promptTokens,
    cachedTokens: usage?.cachedTokens,
    completionTokens: usage?.completionTokens,
  });
}
