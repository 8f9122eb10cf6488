import { beforeEach, expect, it } from 'vitest';
import { ServerProblem } from '../../src/core/server/problem.js';
import type { ConnectionState } from '../../src/core/server/state.js';
import { Told } from '../../src/core/status/notices.js';
import type { Host } from '../../src/host/host.js';
import { editModel, tellServerProblem } from '../../src/host/tell.js';
import * as vscode from '../support/vscode.js';

const AWAY: ConnectionState = {
  kind: 'unreachable',
  url: 'http://127.0.0.1:8000',
  reason: 'refused',
  local: true,
  message: 'Nothing answers.',
};
let said: string[];
let told: Told;
let host: Host;

beforeEach(() => {
  said = [];
  told = new Told();
  Object.assign(vscode.window, {
    showWarningMessage: (text: string) => Promise.resolve(void said.push(text)),
  });
  const connection = { refresh: () => Promise.resolve(AWAY), modelFor: () => undefined };
  host = { connection, told } as unknown as Host;
});

it('tells of a server that is away in one message, not in a notice as well', async () => {
  const problem = new ServerProblem('unreachable', 'Nothing answers.', {
    code: 'ECONNREFUSED',
    remedy: 'Start it.',
  });
  await tellServerProblem(host, problem, () => undefined);
  expect(said).toEqual(['AiCockpit: Nothing answers. Start it.']);
  expect(told.isNew(AWAY)).toBe(false);
});

it('does so too when there is no model to ask', async () => {
  expect(await editModel(host)).toBeUndefined();
  expect(said).toHaveLength(1);
  expect(told.isNew(AWAY)).toBe(false);
});
