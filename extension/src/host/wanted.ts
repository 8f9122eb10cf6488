import type { WantedModels } from '../core/server/state.js';
import type { Settings } from './settings.js';

/** The models that the settings name; the chat takes the server's choice. */
export function wantedModels(settings: Settings): WantedModels {
  return {
    completion: settings.get('models.completion').trim(),
    edit: settings.get('models.edit').trim(),
    chat: '',
  };
}
