import * as vscode from 'vscode';
import { formatFields, type LogFields, type Logger } from '../core/log.js';
import { redact, type PersonalPlaces } from '../core/redaction.js';

/** Lines that a bug report may show. */
const REMEMBERED = 300;

/** The extension's log channel. Whatever is written passes the redaction first. */
export interface HostLog extends Logger {
  /** Brings the channel to the front. */
  show(): void;
  /** The latest lines, oldest first, without secrets. */
  tail(): readonly string[];
}

type Level = 'debug' | 'info' | 'warn' | 'error';

const LEVELS: Readonly<Record<Level, vscode.LogLevel>> = {
  debug: vscode.LogLevel.Debug,
  info: vscode.LogLevel.Info,
  warn: vscode.LogLevel.Warning,
  error: vscode.LogLevel.Error,
};

/** Opens the channel; the user chooses its level in the editor's own way. */
export function createLog(places: () => PersonalPlaces): HostLog & { dispose(): void } {
  return new ChannelLog(vscode.window.createOutputChannel('AiCockpit', { log: true }), places);
}

class ChannelLog implements HostLog {
  readonly #channel: vscode.LogOutputChannel;
  readonly #places: () => PersonalPlaces;
  readonly #tail: string[] = [];

  constructor(channel: vscode.LogOutputChannel, places: () => PersonalPlaces) {
    this.#channel = channel;
    this.#places = places;
  }

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields);
  }

  show(): void {
    this.#channel.show();
  }

  tail(): readonly string[] {
    return [...this.#tail];
  }

  dispose(): void {
    this.#channel.dispose();
  }

  #write(level: Level, event: string, fields: LogFields | undefined): void {
    const chosen = this.#channel.logLevel;
    if (chosen === vscode.LogLevel.Off || LEVELS[level] < chosen) {
      return;
    }
    const line = redact(event + formatFields(fields), this.#places());
    this.#channel[level](line);
    this.#tail.push(`${new Date().toISOString()} [${level}] ${line}`);
    if (this.#tail.length > REMEMBERED) {
      this.#tail.shift();
    }
  }
}
