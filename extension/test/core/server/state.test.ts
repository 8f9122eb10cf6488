import { describe, expect, test } from 'vitest';
import { ServerProblem, type ProblemKind } from '../../../src/core/server/problem.js';
import { chosenModel, stateOfFinding, type WantedModels } from '../../../src/core/server/state.js';
import type { ModelInfo, ModelStatus } from '../../../src/core/server/types.js';

const CODER: ModelInfo = {
  id: 'coder-7b',
  aliases: ['coder'],
  roles: ['completion', 'edit', 'chat'],
  state: 'ready',
  default: true,
};
const SMALL: ModelInfo = {
  id: 'small',
  aliases: [],
  roles: ['completion'],
  state: 'ready',
  default: false,
};
const ANY: WantedModels = { completion: '', edit: '', chat: '' };

function status(of: ModelInfo, more: Partial<ModelStatus>): ModelStatus {
  return {
    id: of.id,
    aliases: of.aliases,
    roles: of.roles,
    state: of.state,
    default: of.default,
    restarts: 0,
    ...more,
  };
}

describe('the chosen model', () => {
  test.each([
    ['', 'coder-7b'],
    ['small', 'small'],
    ['coder', 'coder-7b'],
    ['default', 'coder-7b'],
    ['other', undefined],
  ])('“%s” is %s', (wanted, id) => {
    expect(chosenModel([CODER, SMALL], 'completion', wanted)?.id).toBe(id);
  });

  test('without a wish it is the first with the role', () => {
    expect(chosenModel([SMALL, CODER], 'edit', '')?.id).toBe('coder-7b');
    expect(chosenModel([SMALL], 'edit', '')).toBeUndefined();
  });
});

describe('what the models mean', () => {
  const of = (
    models: readonly ModelInfo[],
    wanted: Partial<WantedModels> = {},
    statuses?: readonly ModelStatus[],
  ) =>
    stateOfFinding(
      { kind: 'models', models, ...(statuses ? { statuses } : {}) },
      { ...ANY, ...wanted },
    );

  test('all ready', () => {
    expect(of([CODER])).toEqual({ kind: 'ready', models: [CODER] });
  });

  test('a model that nobody needs may load or fail', () => {
    expect(of([CODER, { ...SMALL, state: 'failed' }]).kind).toBe('ready');
  });

  test('a needed model loads: its phase is shown', () => {
    const loading: ModelInfo = { ...CODER, state: 'starting' };
    const phase = 'loading weights, 50 % (1 of 2 shards)';
    expect(of([loading], {}, [status(loading, { phase })])).toEqual({
      kind: 'loading',
      phase,
      models: [loading],
    });
  });

  test('a needed model waits and nothing more is known', () => {
    expect(of([{ ...CODER, state: 'waiting' }])).toMatchObject({
      kind: 'loading',
      phase: 'waiting',
    });
  });

  test('a state of a newer server does not stop anybody', () => {
    expect(of([{ ...CODER, state: 'unknown' }]).kind).toBe('ready');
  });

  test('a needed model failed: its error is shown', () => {
    const failed: ModelInfo = { ...CODER, state: 'failed' };
    expect(of([failed], {}, [status(failed, { error: 'It needs 21 GiB.' })])).toEqual({
      kind: 'failed',
      message: 'It needs 21 GiB.',
    });
  });

  test('every model was refused: the reason is shown', () => {
    const refused = status(CODER, { state: 'refused', error: 'It does not fit.' });
    expect(of([], {}, [refused])).toEqual({ kind: 'failed', message: 'It does not fit.' });
  });

  test('the model of the settings was refused: the reason is shown', () => {
    const refused = status(CODER, { id: 'x', aliases: ['big'], state: 'refused', error: 'No.' });
    expect(of([CODER], { edit: 'big' }, [refused])).toEqual({ kind: 'failed', message: 'No.' });
    expect(of([CODER], { edit: 'gpt' }, [refused]).kind).toBe('wrong-model');
  });

  test('a model of the settings is not there', () => {
    expect(of([CODER], { edit: 'gpt' })).toEqual({
      kind: 'wrong-model',
      wanted: 'gpt',
      role: 'edit',
      models: [CODER],
    });
  });

  test('no model has a needed role', () => {
    expect(of([SMALL])).toMatchObject({ kind: 'wrong-model', wanted: '', role: 'edit' });
    expect(of([])).toMatchObject({ kind: 'wrong-model', wanted: '', role: 'completion' });
  });

  test('a missing model counts more than one that loads', () => {
    expect(of([{ ...CODER, state: 'starting' }], { edit: 'gpt' }).kind).toBe('wrong-model');
  });
});

describe('what a problem means', () => {
  const of = (kind: ProblemKind, code = 'x', local = true, keySet = false) =>
    stateOfFinding(
      {
        kind: 'problem',
        problem: new ServerProblem(kind, 'message', { code }),
        url: 'http://127.0.0.1:8000',
        local,
        keySet,
      },
      ANY,
    );

  test('nobody listens', () => {
    expect(of('unreachable', 'ECONNREFUSED')).toEqual({
      kind: 'unreachable',
      url: 'http://127.0.0.1:8000',
      local: true,
      reason: 'refused',
      message: 'message',
    });
  });

  test.each<[ProblemKind, string, string]>([
    ['unreachable', 'ENOTFOUND', 'network'],
    ['unreachable', 'invalid_address', 'invalid-address'],
    ['interrupted', 'ECONNRESET', 'network'],
    ['certificate', 'SELF_SIGNED_CERT_IN_CHAIN', 'certificate'],
  ])('%s with %s', (kind, code, reason) => {
    expect(of(kind, code, false)).toMatchObject({ kind: 'unreachable', reason, local: false });
  });

  test('a key is missing, or wrong', () => {
    expect(of('unauthorized')).toEqual({ kind: 'unauthorized', keySet: false });
    expect(of('unauthorized', 'x', true, true)).toEqual({ kind: 'unauthorized', keySet: true });
  });

  test.each<[ProblemKind, string]>([
    ['protocol', 'foreign'],
    ['rejected', 'foreign'],
    ['failed', 'failed'],
    ['busy', 'failed'],
    ['loading', 'loading'],
  ])('%s is %s', (kind, state) => {
    expect(of(kind).kind).toBe(state);
  });
});
