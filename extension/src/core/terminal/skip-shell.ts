/** Whether a key reaches a command in the terminal, or the shell. Pure. */

/** The setting `terminal.integrated.commandsToSkipShell` by where it is set. */
export interface SkipShell {
  readonly user?: readonly string[] | undefined;
  readonly workspace?: readonly string[] | undefined;
  readonly folder?: readonly string[] | undefined;
}

export interface SkipShellChange {
  readonly where: keyof SkipShell;
  readonly value: readonly string[];
}

/**
 * Returns what to change so that a command's key does not go to the shell. The extension adds it to
 * the default; a list of the user's replaces that whole, since editors do not join lists. Undefined
 * when nothing is to be done: also where the user has taken the command out with a `-` in front.
 */
export function skipShellChange(setting: SkipShell, command: string): SkipShellChange | undefined {
  const places: readonly (keyof SkipShell)[] = ['folder', 'workspace', 'user'];
  const where = places.find((place) => Array.isArray(setting[place]));
  const value = where && setting[where];
  if (!value || value.includes(command) || value.includes(`-${command}`)) {
    return undefined;
  }
  return { where, value: [...value, command] };
}
