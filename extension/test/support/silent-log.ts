import type { LogFields, Logger } from '../../src/core/log.js';
import { formatFields } from '../../src/core/log.js';

/** A log that only remembers. */
export class RememberingLog implements Logger {
  readonly lines: string[] = [];

  debug(event: string, fields?: LogFields): void {
    this.lines.push(`debug ${event}${formatFields(fields)}`);
  }

  info(event: string, fields?: LogFields): void {
    this.lines.push(`info ${event}${formatFields(fields)}`);
  }

  warn(event: string, fields?: LogFields): void {
    this.lines.push(`warn ${event}${formatFields(fields)}`);
  }

  error(event: string, fields?: LogFields): void {
    this.lines.push(`error ${event}${formatFields(fields)}`);
  }
}
