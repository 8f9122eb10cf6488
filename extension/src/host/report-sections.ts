import * as vscode from 'vscode';
import type { ReportSection } from '../core/report.js';

/** What features tell in a bug report: figures and states, never code or prompts. */
export interface ReportSections {
  /** Adds a section; `lines` is asked when a report is made. */
  add(title: string, lines: () => readonly string[]): vscode.Disposable;
  all(): readonly ReportSection[];
}

/** A report without sections. */
export function createReportSections(): ReportSections {
  const sections = new Map<string, () => readonly string[]>();
  return {
    add(title, lines) {
      sections.set(title, lines);
      return new vscode.Disposable(() => sections.delete(title));
    },
    all: () => [...sections].map(([title, lines]) => ({ title, lines: lines() })),
  };
}
