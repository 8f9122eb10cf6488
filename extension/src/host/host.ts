import type * as vscode from 'vscode';
import type { Clock } from '../core/clock.js';
import type { Connection } from '../core/server/connection.js';
import type { Latencies } from '../core/server/latency.js';
import type { CockpitClient } from '../core/server/types.js';
import type { Told } from '../core/status/notices.js';
import type { Activity } from './activity.js';
import type { ContextGatherer } from './context/gatherer.js';
import type { Documents } from './documents.js';
import type { HostLog } from './log.js';
import type { ReportSections } from './report-sections.js';
import type { Secrets } from './secrets.js';
import type { Settings } from './settings.js';
import type { Snooze } from './snooze.js';

/** Everything that features share. They get it handed in and know nothing of each other. */
export interface Host {
  readonly context: vscode.ExtensionContext;
  readonly log: HostLog;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly connection: Connection;
  /** Bound to the address and the key of the moment. */
  readonly client: CockpitClient;
  readonly latencies: Latencies;
  /** States of the server that the user was told of; whoever tells of one takes note here. */
  readonly told: Told;
  readonly documents: Documents;
  readonly gatherer: ContextGatherer;
  readonly activity: Activity;
  readonly snooze: Snooze;
  /** What features tell in a bug report. */
  readonly reportSections: ReportSections;
}
