import * as vscode from 'vscode';
import { register as registerCompletion } from './features/completion/index.js';
import { register as registerEdit } from './features/edit/index.js';
import { register as registerOnboarding } from './features/onboarding/index.js';
import { register as registerReport } from './features/report/index.js';
import { register as registerStatus } from './features/status/index.js';
import { register as registerTerminal } from './features/terminal/index.js';
import { createHost } from './host/create-host.js';
import type { Host } from './host/host.js';

type Register = (host: Host) => vscode.Disposable;

const FEATURES: Readonly<Record<string, Register>> = {
  status: registerStatus,
  onboarding: registerOnboarding,
  report: registerReport,
  completion: registerCompletion,
  edit: registerEdit,
  terminal: registerTerminal,
};

/** The editor calls this once. It reads and asks nothing: that begins when it has returned. */
export function activate(context: vscode.ExtensionContext): void {
  const begun = performance.now();
  const host = createHost(context);
  context.subscriptions.push(new vscode.Disposable(() => host.dispose()));
  for (const [name, register] of Object.entries(FEATURES)) {
    try {
      context.subscriptions.push(register(host));
    } catch (error) {
      // The other features are worth having without this one.
      host.log.error('a feature did not start', { feature: name, error: String(error) });
    }
  }
  setImmediate(() => host.start());
  host.log.info(`activated in ${Math.round(performance.now() - begun)} ms`);
}
