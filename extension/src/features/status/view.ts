import * as vscode from 'vscode';
import { completionSwitch } from '../../core/status/switch.js';
import type { StatusView } from '../../core/status/view.js';
import type { Host } from '../../host/host.js';
import { wantedModels } from '../../host/wanted.js';

/** What the status bar, its tooltip and its menu show now. */
export function currentView(host: Host): StatusView {
  const { settings, snooze, activity, latencies } = host;
  const document = vscode.window.activeTextEditor?.document;
  const language = document?.languageId;
  const { until } = snooze;
  const completionLatency = latencies.of('completion');
  const editLatency = latencies.of('edit');
  return {
    state: host.connection.state,
    address: settings.get('serverUrl'),
    wanted: wantedModels(settings),
    completions: completionSwitch({
      enabled: settings.get('enabled'),
      completions: settings.get('completion.enabled', document),
      languages: settings.get('completion.languages', document),
      snoozed: until !== undefined,
      ...(language === undefined ? {} : { language }),
    }),
    ...(language === undefined ? {} : { language }),
    ...(until === undefined ? {} : { snoozeMinutes: Math.ceil((until - Date.now()) / 60_000) }),
    ...(activity.current === undefined ? {} : { activity: activity.current }),
    ...(completionLatency === undefined ? {} : { completionLatency }),
    ...(editLatency === undefined ? {} : { editLatency }),
  };
}
