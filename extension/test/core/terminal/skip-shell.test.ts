import { describe, expect, it } from 'vitest';
import { skipShellChange } from '../../../src/core/terminal/skip-shell.js';

const COMMAND = 'aicockpit.terminal.command';

describe('skipShellChange', () => {
  it('leaves the default alone: the extension is in it', () => {
    expect(skipShellChange({}, COMMAND)).toBeUndefined();
  });

  it('adds itself to the list that counts', () => {
    expect(skipShellChange({ user: ['a'] }, COMMAND)).toEqual({
      where: 'user',
      value: ['a', COMMAND],
    });
    expect(skipShellChange({ user: [COMMAND], workspace: [] }, COMMAND)).toEqual({
      where: 'workspace',
      value: [COMMAND],
    });
  });

  it('respects that it is there, or was taken out', () => {
    expect(skipShellChange({ user: ['a', COMMAND] }, COMMAND)).toBeUndefined();
    expect(skipShellChange({ user: [`-${COMMAND}`] }, COMMAND)).toBeUndefined();
  });
});
