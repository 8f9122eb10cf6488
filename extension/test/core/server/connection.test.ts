import { describe, expect, test } from 'vitest';
import { ServerConnection } from '../../../src/core/server/connection.js';
import { ServerProblem } from '../../../src/core/server/problem.js';
import type { ConnectionState, WantedModels } from '../../../src/core/server/state.js';
import type { CockpitClient, ModelInfo, ServerStatus } from '../../../src/core/server/types.js';
import { RememberingLog } from '../../support/silent-log.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

const READY: ModelInfo = {
  id: 'coder',
  aliases: [],
  roles: ['completion', 'edit', 'chat'],
  state: 'ready',
  default: true,
};
const STARTING: ModelInfo = { ...READY, state: 'starting' };
const DOWN = new ServerProblem('unreachable', 'Nobody there.', { code: 'ECONNREFUSED' });

/** A server whose answer the test sets. */
class Answers implements Pick<CockpitClient, 'models' | 'status'> {
  models_: readonly ModelInfo[] | ServerProblem = [READY];
  phase = 'loading weights';
  readonly askedAt: number[] = [];
  aborted = 0;
  hangs = false;

  constructor(private readonly clock: VirtualClock) {}

  async models(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    this.askedAt.push(this.clock.now());
    if (this.hangs) {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          this.aborted += 1;
          reject(signal.reason as Error);
        });
      });
    }
    await Promise.resolve();
    if (this.models_ instanceof ServerProblem) {
      throw this.models_;
    }
    return this.models_;
  }

  status(): Promise<ServerStatus> {
    return Promise.resolve({
      models: [
        {
          id: 'coder',
          aliases: [],
          roles: READY.roles,
          state: 'starting',
          default: true,
          restarts: 0,
          phase: this.phase,
        },
      ],
    });
  }
}

function world() {
  const clock = new VirtualClock();
  const server = new Answers(clock);
  const log = new RememberingLog();
  const set = {
    enabled: true,
    address: 'http://127.0.0.1:8000',
    wanted: { completion: '', edit: '', chat: '' } as WantedModels,
    keySet: false,
  };
  const connection = new ServerConnection({
    client: server,
    clock,
    log,
    enabled: () => set.enabled,
    address: () => set.address,
    keySet: () => Promise.resolve(set.keySet),
    wanted: () => set.wanted,
  });
  const states: ConnectionState[] = [];
  connection.onDidChange((state) => states.push(state));
  return { clock, server, log, set, connection, states };
}

describe('the connection', () => {
  test('asks nobody before it starts, nor while switched off', async () => {
    const { clock, server, set, connection, states } = world();
    await clock.advance(60_000);
    set.enabled = false;
    connection.start();
    await clock.advance(60_000);
    connection.modelFor('completion');
    connection.report(DOWN);
    expect(await connection.refresh()).toEqual({ kind: 'off' });
    expect(server.askedAt).toEqual([]);
    expect(states).toEqual([]);
  });

  test('finds a ready server and then is quiet', async () => {
    const { clock, server, connection, states } = world();
    connection.start();
    expect(connection.state.kind).toBe('connecting');
    await clock.advance(600_000);
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'ready']);
    expect(server.askedAt).toEqual([0]);
  });

  test('a use checks again, at most once a minute', async () => {
    const { clock, server, connection } = world();
    connection.start();
    await clock.advance(59_000);
    expect(connection.modelFor('completion')?.id).toBe('coder');
    await settle();
    expect(server.askedAt).toEqual([0]);
    await clock.advance(2000);
    for (let key = 0; key < 10; key++) {
      connection.modelFor('completion');
    }
    await settle();
    expect(server.askedAt).toEqual([0, 61_000]);
  });

  test('waits longer and longer while nobody answers, up to 30 seconds', async () => {
    const { clock, server, connection } = world();
    server.models_ = DOWN;
    connection.start();
    await clock.advance(123_000);
    expect(server.askedAt).toEqual([0, 1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000, 121_000]);
  });

  test('a server that comes up is found by itself', async () => {
    const { clock, server, connection, states } = world();
    server.models_ = DOWN;
    connection.start();
    await clock.advance(10_000);
    expect(connection.modelFor('completion')).toBeUndefined();
    server.models_ = [READY];
    await clock.advance(5000);
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'unreachable', 'ready']);
    expect(connection.modelFor('completion')?.id).toBe('coder');
  });

  test('follows a loading model every second and shows its phases', async () => {
    const { clock, server, connection, states } = world();
    server.models_ = [STARTING];
    connection.start();
    await clock.advance(1500);
    server.phase = 'compiling';
    await clock.advance(1000);
    expect(connection.modelFor('completion')).toBeUndefined();
    server.models_ = [READY];
    await clock.advance(1000);
    expect(server.askedAt).toEqual([0, 1000, 2000, 3000]);
    expect(states.map((state) => ('phase' in state ? state.phase : state.kind))).toEqual([
      'connecting',
      'loading weights',
      'compiling',
      'ready',
    ]);
  });

  test('a wrong key waits for another key and does not knock', async () => {
    const { clock, server, set, connection } = world();
    server.models_ = new ServerProblem('unauthorized', 'No.', { code: 'invalid_api_key' });
    set.keySet = true;
    connection.start();
    await clock.advance(600_000);
    expect(connection.state).toEqual({ kind: 'unauthorized', keySet: true });
    expect(server.askedAt).toEqual([0]);
    server.models_ = [READY];
    connection.configure();
    await settle();
    expect(connection.state.kind).toBe('ready');
  });

  test('a changed address is looked for anew, and an old answer does not count', async () => {
    const { server, set, connection, states } = world();
    server.hangs = true;
    connection.start();
    await settle();
    server.hangs = false;
    set.address = 'http://gpu:8000';
    connection.configure();
    await settle();
    expect(server.aborted).toBe(1);
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'ready']);
    server.models_ = DOWN;
    set.address = 'http://other:8000';
    connection.configure();
    await settle();
    expect(connection.state).toMatchObject({
      kind: 'unreachable',
      url: 'http://other:8000',
      local: false,
    });
  });

  test('changed models are judged anew without showing “connecting”', async () => {
    const { set, connection, states } = world();
    connection.start();
    await settle();
    set.wanted = { ...set.wanted, edit: 'gpt' };
    connection.configure();
    await settle();
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'ready', 'wrong-model']);
    expect(connection.modelFor('completion')?.id).toBe('coder');
    expect(connection.modelFor('edit')).toBeUndefined();
  });

  test('switching off ends the check that runs', async () => {
    const { clock, server, set, connection } = world();
    server.hangs = true;
    connection.start();
    await settle();
    set.enabled = false;
    connection.configure();
    await clock.advance(60_000);
    expect(server.aborted).toBe(1);
    expect(connection.state).toEqual({ kind: 'off' });
    expect(server.askedAt).toHaveLength(1);
  });

  test('a failing request has the server checked, a swarm of them once a second', async () => {
    const { clock, server, connection } = world();
    connection.start();
    await clock.advance(5000);
    server.models_ = DOWN;
    connection.report(DOWN);
    connection.report(DOWN);
    await settle();
    connection.report(DOWN);
    await settle();
    expect(server.askedAt).toEqual([0, 5000]);
    expect(connection.state.kind).toBe('unreachable');
  });

  test('a failure that says nothing about the server does not', async () => {
    const { clock, server, connection } = world();
    connection.start();
    await clock.advance(5000);
    connection.report(new ServerProblem('too-long', 'Too long.', { code: 'x' }));
    connection.report(new ServerProblem('busy', 'Busy.', { code: 'x' }));
    await settle();
    expect(server.askedAt).toEqual([0]);
  });

  test('refreshing joins the check that runs', async () => {
    const { server, connection } = world();
    connection.start();
    const [first, second] = await Promise.all([connection.refresh(), connection.refresh()]);
    expect(first.kind).toBe('ready');
    expect(second.kind).toBe('ready');
    expect(server.askedAt).toEqual([0]);
  });

  test('a model in a state that this version does not know may be asked', async () => {
    const { server, connection } = world();
    server.models_ = [{ ...READY, state: 'unknown' }];
    connection.start();
    await settle();
    expect(connection.modelFor('completion')?.id).toBe('coder');
  });

  test('one model’s failure does not stop the work of another', async () => {
    const { server, connection } = world();
    const small: ModelInfo = { ...READY, id: 'small', roles: ['completion'] };
    server.models_ = [small, { ...READY, roles: ['edit'], state: 'failed' }];
    connection.start();
    await settle();
    expect(connection.state.kind).toBe('failed');
    expect(connection.modelFor('completion')?.id).toBe('small');
    expect(connection.modelFor('edit')).toBeUndefined();
  });

  test('who does not listen any more hears nothing', async () => {
    const { connection } = world();
    const heard: string[] = [];
    const stop = connection.onDidChange(({ kind }) => heard.push(kind));
    connection.start();
    stop();
    await settle();
    expect(heard).toEqual(['connecting']);
  });

  test('the log has each change once', async () => {
    const { clock, server, log, connection } = world();
    server.models_ = DOWN;
    connection.start();
    await clock.advance(20_000);
    expect(log.lines).toEqual([
      'info connection state="connecting" before="off"',
      'info connection state="unreachable" before="connecting" message="Nobody there."',
    ]);
  });
});
