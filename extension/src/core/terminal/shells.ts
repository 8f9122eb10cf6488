/** Shells whose commands differ enough to be told apart. */
export type ShellKind = 'bash' | 'zsh' | 'fish' | 'sh' | 'powershell' | 'cmd' | 'nushell';

/** What a shell is called, and how a command of it goes on in the next line. */
export interface Shell {
  readonly name: string;
  readonly continues: RegExp;
}

const AFTER_OPERATOR = /(?:\||&&|\|\|)\s*$/;

export const SHELLS: Readonly<Record<ShellKind, Shell>> = {
  bash: { name: 'bash', continues: /\\$/ },
  zsh: { name: 'zsh', continues: /\\$/ },
  fish: { name: 'fish', continues: /\\$/ },
  sh: { name: 'POSIX sh', continues: /\\$/ },
  powershell: { name: 'PowerShell', continues: /`$/ },
  cmd: { name: 'the Windows command prompt (cmd.exe)', continues: /\^$/ },
  nushell: { name: 'Nushell', continues: /\\$/ },
};

/** Returns whether a line of a command is not its last one. */
export function continuesIn(line: string, shell: ShellKind): boolean {
  return SHELLS[shell].continues.test(line) || AFTER_OPERATOR.test(line);
}

/** Returns a line without the sign that it goes on in the next one. */
export function withoutContinuation(line: string, shell: ShellKind): string {
  return line.replace(SHELLS[shell].continues, '').trimEnd();
}

/**
 * Returns which shell a program is, by its path or name such as `/usr/bin/zsh` or `pwsh.exe`; for an
 * unknown one what the system has by default.
 */
export function shellKind(program: string, os: OperatingSystem): ShellKind {
  const name = (program.split(/[\\/]/).at(-1) ?? '').toLowerCase().replace(/\.exe$/, '');
  const known = KINDS.find(([pattern]) => pattern.test(name));
  return known?.[1] ?? (os === 'windows' ? 'powershell' : os === 'macos' ? 'zsh' : 'bash');
}

export type OperatingSystem = 'linux' | 'macos' | 'windows';

const KINDS: readonly (readonly [RegExp, ShellKind])[] = [
  [/^(?:pwsh|powershell)/, 'powershell'],
  [/^cmd$/, 'cmd'],
  [/^(?:git-?)?bash/, 'bash'],
  [/^zsh/, 'zsh'],
  [/^fish/, 'fish'],
  [/^nu(?:shell)?$/, 'nushell'],
  [/^(?:sh|dash|ash|ksh)$/, 'sh'],
];
