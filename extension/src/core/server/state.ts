/** How the server stands, as users see it, and what makes it change. Pure. */

import type { ServerProblem } from './problem.js';
import type { ModelInfo, ModelState, ModelStatus, Role } from './types.js';

/** Why nothing answers: nobody listens, the network is away, or its certificate is refused. */
export type UnreachableReason = 'refused' | 'network' | 'certificate' | 'invalid-address';

export type ConnectionState =
  /** Switched off by the user; nobody is asked. */
  | { readonly kind: 'off' }
  /** Asked for the first time. */
  | { readonly kind: 'connecting' }
  /** `local`: the address is this machine's, so the server can be started here. */
  | {
      readonly kind: 'unreachable';
      readonly url: string;
      readonly reason: UnreachableReason;
      readonly local: boolean;
      readonly message: string;
    }
  /** `keySet`: there is a key and it is wrong; otherwise there is none. */
  | { readonly kind: 'unauthorized'; readonly keySet: boolean }
  /** `phase` is what the engine does, in the server's words. */
  | { readonly kind: 'loading'; readonly phase: string; readonly models: readonly ModelInfo[] }
  | { readonly kind: 'ready'; readonly models: readonly ModelInfo[] }
  /** `wanted` is the setting's value; empty when no model at all has the role. */
  | {
      readonly kind: 'wrong-model';
      readonly wanted: string;
      readonly role: Role;
      readonly models: readonly ModelInfo[];
    }
  /** The server answers, its engine does not. */
  | { readonly kind: 'failed'; readonly message: string }
  /** Something else answers at the address. */
  | { readonly kind: 'foreign'; readonly message: string };

/** The models that the settings name; empty means the first with the role. */
export type WantedModels = Readonly<Record<Role, string>>;

/** What a check of the server found. */
export type Finding =
  | {
      readonly kind: 'models';
      readonly models: readonly ModelInfo[];
      /** Asked for only when the models alone do not make the state `ready`. */
      readonly statuses?: readonly ModelStatus[];
    }
  | {
      readonly kind: 'problem';
      readonly problem: ServerProblem;
      readonly url: string;
      readonly local: boolean;
      readonly keySet: boolean;
    };

/** The roles that the extension itself needs; without another one it works. */
const NEEDED: readonly Role[] = ['completion', 'edit'];

/** The model that should do a role's work, ready or not. */
export function chosenModel(
  models: readonly ModelInfo[],
  role: Role,
  wanted: string,
): ModelInfo | undefined {
  if (wanted === '') {
    return models.find((model) => model.roles.includes(role));
  }
  return models.find(
    (model) =>
      model.id === wanted ||
      model.aliases.includes(wanted) ||
      (model.default && wanted === 'default'),
  );
}

/** The state that a check's finding means. */
export function stateOfFinding(finding: Finding, wanted: WantedModels): ConnectionState {
  return finding.kind === 'problem'
    ? stateOfProblem(finding)
    : stateOfModels(finding.models, finding.statuses ?? [], wanted);
}

function stateOfProblem(finding: Extract<Finding, { kind: 'problem' }>): ConnectionState {
  const { problem, url, local, keySet } = finding;
  const { message } = problem;
  switch (problem.kind) {
    case 'unauthorized':
      return { kind: 'unauthorized', keySet };
    case 'loading':
      return { kind: 'loading', phase: '', models: [] };
    case 'unreachable':
    case 'interrupted': {
      const reason =
        problem.code === 'ECONNREFUSED'
          ? 'refused'
          : problem.code === 'invalid_address'
            ? 'invalid-address'
            : 'network';
      return { kind: 'unreachable', url, local, reason, message };
    }
    case 'certificate':
      return { kind: 'unreachable', url, local, reason: 'certificate', message };
    case 'protocol':
    case 'rejected':
      return { kind: 'foreign', message };
    default:
      return { kind: 'failed', message };
  }
}

/** The worst of what the needed models do, because the user has to know of that. */
function stateOfModels(
  models: readonly ModelInfo[],
  statuses: readonly ModelStatus[],
  wanted: WantedModels,
): ConnectionState {
  const chosen = NEEDED.map((role) => ({ role, model: chosenModel(models, role, wanted[role]) }));
  for (const { role, model } of chosen) {
    if (!model) {
      const name = wanted[role];
      const message = refusalOf(name, models, statuses);
      return message === undefined
        ? { kind: 'wrong-model', wanted: name, role, models }
        : { kind: 'failed', message };
    }
  }
  const needed = chosen.flatMap(({ model }) => model ?? []);
  const failed = needed.find((model) => isFailed(model.state));
  if (failed) {
    const error = statuses.find((status) => status.id === failed.id)?.error;
    const what = `The model ${failed.id} is not available.`;
    return { kind: 'failed', message: error ?? what };
  }
  const waiting = needed.find((model) => !answers(model));
  if (waiting) {
    const phase = statuses.find((status) => status.id === waiting.id)?.phase;
    return { kind: 'loading', phase: phase ?? waiting.state, models };
  }
  return { kind: 'ready', models };
}

/** Why the server does not have a model that its configuration names, or any model at all. */
function refusalOf(
  wanted: string,
  models: readonly ModelInfo[],
  statuses: readonly ModelStatus[],
): string | undefined {
  const refused = statuses.filter(({ state }) => isFailed(state));
  const meant = refused.find(({ id, aliases }) => id === wanted || aliases.includes(wanted));
  return (meant ?? (models.length === 0 ? refused[0] : undefined))?.error;
}

/**
 * Returns whether a model may be asked. A word that this version does not know may be a state
 * from which a request wakes it.
 */
export function answers(model: ModelInfo): boolean {
  return model.state === 'ready' || model.state === 'unknown';
}

function isFailed(state: ModelState): boolean {
  return state === 'failed' || state === 'refused' || state === 'stopped';
}

/** Returns whether starting a server on this machine may help. */
export function canStart(state: ConnectionState): boolean {
  return (
    state.kind === 'unreachable' &&
    state.local &&
    (state.reason === 'refused' || state.reason === 'network')
  );
}

/** Returns whether two states show the same; a check that finds nothing new tells nobody. */
export function sameState(a: ConnectionState, b: ConnectionState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
