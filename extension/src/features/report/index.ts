import { arch, homedir, platform, release } from 'node:os';
import * as vscode from 'vscode';
import type { ConnectionState } from '../../core/server/state.js';
import { reportText } from '../../core/report.js';
import { registerCommands } from '../../host/commands.js';
import type { Host } from '../../host/host.js';

/** How long the report waits for the server to name its engine. */
const ENGINE_MS = 2000;

/** The bug report: opened as a new document, read and sent by the user alone. */
export function register(host: Host): vscode.Disposable {
  return registerCommands(host.log, { report: () => openReport(host) });
}

async function openReport(host: Host): Promise<void> {
  const content = reportText(
    {
      facts: { ...versions(host), engine: await engine(host) },
      settings: host.settings.changed(),
      sections: [
        { title: 'Connection', lines: connectionLines(host.connection.state) },
        { title: 'Latency', lines: latencyLines(host) },
        ...host.reportSections.all(),
      ],
      log: host.log.tail(),
    },
    { home: homedir(), secrets: host.secrets.known },
  );
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
  await vscode.window.showTextDocument(document);
}

function versions(host: Host): Readonly<Record<string, string>> {
  const { version } = host.context.extension.packageJSON as { readonly version: string };
  return {
    extension: version,
    editor: `${vscode.env.appName} ${vscode.version} (${vscode.env.appHost})`,
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    remote: remoteKind(vscode.env.remoteName),
    trusted: String(vscode.workspace.isTrusted),
    proxy: proxySettings(),
  };
}

/** The kind of remote window, such as `ssh-remote`; some editors put a machine's name there. */
function remoteKind(name: string | undefined): string {
  if (name === undefined) {
    return 'none';
  }
  return /^[a-z-]+$/.test(name) ? name : 'yes';
}

/** Which of the settings that steer the network are in use; their values stay here. */
function proxySettings(): string {
  const http = vscode.workspace.getConfiguration('http');
  const set = [
    http.get('proxy') ? 'http.proxy' : undefined,
    http.get('proxySupport') === 'off' ? 'http.proxySupport off' : undefined,
    http.get('fetchAdditionalSupport') === false ? 'http.fetchAdditionalSupport off' : undefined,
    http.get('systemCertificates') === false ? 'http.systemCertificates off' : undefined,
    process.env['NODE_EXTRA_CA_CERTS'] ? 'NODE_EXTRA_CA_CERTS' : undefined,
    process.env['HTTPS_PROXY'] || process.env['https_proxy'] ? 'HTTPS_PROXY' : undefined,
  ].filter((name) => name !== undefined);
  return set.length > 0 ? set.join(', ') : 'as usual';
}

async function engine(host: Host): Promise<string> {
  try {
    const { engine } = await host.client.status(AbortSignal.timeout(ENGINE_MS));
    return engine ?? 'unknown';
  } catch {
    return 'the server did not answer';
  }
}

function connectionLines(state: ConnectionState): readonly string[] {
  const lines = [`state: ${state.kind}`];
  if ('message' in state) {
    lines.push(`message: ${state.message}`);
  }
  if ('models' in state) {
    for (const model of state.models) {
      const { id, roles, state: engineState, fim, contextLength } = model;
      lines.push(
        `model: ${id} roles=${roles.join('+')} state=${engineState} fim=${fim ?? 'none'} context=${contextLength ?? '?'}`,
      );
    }
  }
  return lines;
}

function latencyLines(host: Host): readonly string[] {
  return (['completion', 'edit', 'chat'] as const).flatMap((task) => {
    const latency = host.latencies.of(task);
    return latency
      ? [
          `${task}: ${latency.count} answers, median ${Math.round(latency.firstTextMs)} ms to the first text`,
        ]
      : [];
  });
}
