import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ChatDelta, ChatRequest } from '../../../src/core/server/types.js';
import { askCommand, commandMessages, parseCommand } from '../../../src/core/terminal/command.js';
import { shellKind, type ShellKind } from '../../../src/core/terminal/shells.js';

describe('parseCommand', () => {
  it.each<[string, string, ShellKind, string | undefined]>([
    ['a fence', '```bash\nls -la\n```', 'bash', 'ls -la'],
    ['a fence with a second command', '```bash\nmkdir foo\ncd foo\n```', 'bash', 'mkdir foo'],
    ['talk and a fence', 'Sure! Use this:\n\n```\nls -la\n```\nIt lists files.', 'bash', 'ls -la'],
    ['no fence', 'ls -la\n', 'bash', 'ls -la'],
    ['back quotes', '`ls -la`', 'bash', 'ls -la'],
    [
      'back quotes in a sentence',
      'To list all the files, use `ls -la` in the folder.',
      'bash',
      'ls -la',
    ],
    ['a label', 'Command: ls -la', 'bash', 'ls -la'],
    ['a prompt', '```\n$ ls -la\n```', 'bash', 'ls -la'],
    ['a long prompt', 'me@host:~/a$ ls -la', 'bash', 'ls -la'],
    ['a PowerShell prompt', 'PS C:\\Users\\me> Get-ChildItem', 'powershell', 'Get-ChildItem'],
    ['a command prompt', 'C:\\> dir /s', 'cmd', 'dir /s'],
    ['a comment above', '```\n# list files\nls -la\n```', 'bash', 'ls -la'],
    ['a remark above', '```\nREM list files\ndir\n```', 'cmd', 'dir'],
    [
      'lines that go on',
      '```\ndocker run \\\n  -it \\\n  ubuntu\n```',
      'bash',
      'docker run -it ubuntu',
    ],
    [
      'lines that go on in PowerShell',
      '```\nGet-Item `\n  -Path x\n```',
      'powershell',
      'Get-Item -Path x',
    ],
    ['lines that go on after a pipe', '```\nps aux |\n  grep x\n```', 'zsh', 'ps aux | grep x'],
    ['thoughts', '<think>Maybe rm?</think>\n```\nls\n```', 'bash', 'ls'],
    ['CRLF', '```\r\nls -la\r\n```\r\n', 'bash', 'ls -la'],
    ['a fence that never closes', '```sh\nls -la', 'sh', 'ls -la'],
    ['tabs and hard spaces', 'ls\t-la\u00a0foo', 'bash', 'ls -la foo'],
    ['escape sequences', 'ls\u001b[31m -la\u001b]0;title\u0007', 'bash', 'ls -la'],
    ['control characters', 'ls\u0003\u0008 -la\u007f', 'bash', 'ls -la'],
    ['invisible characters', 'l\u200bs \u202e-la', 'bash', 'ls -la'],
    ['a here document', '```\ncat <<EOF > a\nx\nEOF\n```', 'bash', undefined],
    ['a here string', 'grep x <<< "$y"', 'bash', 'grep x <<< "$y"'],
    ['a quotation over lines', '```\necho "a\nb"\n```', 'bash', undefined],
    [
      "somebody's quotation",
      "```\ngit commit -m 'don'\\''t'\n```",
      'bash',
      "git commit -m 'don'\\''t'",
    ],
    ['nothing', '', 'bash', undefined],
    ['an empty fence', '```\n```', 'bash', undefined],
    ['only thoughts', '<think>rm -rf', 'bash', undefined],
    ['only words', 'I am sorry, but I cannot help with that request.', 'bash', undefined],
  ])('takes the command out of %s', (_, answer, shell, command) => {
    expect(parseCommand(answer, shell)).toBe(command);
  });

  it('never gives anything that a terminal obeys', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom<ShellKind>('bash', 'powershell', 'cmd'),
        (text, shell) => {
          const command = parseCommand('```\n' + text + '\n```', shell);
          expect(command ?? '').not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
          expect(command).not.toBe('');
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('commandMessages', () => {
  it('names shell, system and folder', () => {
    const [system] = commandMessages({
      instruction: 'list files',
      shell: 'powershell',
      os: 'windows',
      folder: 'shop',
      model: 'm',
    });
    expect(system!.content).toContain('PowerShell on Windows');
    expect(system!.content).toContain('shop');
  });
});

describe('askCommand', () => {
  it('ends the answer when the fence closes', async () => {
    const requests: ChatRequest[] = [];
    let left = false;
    const client = {
      async *chat(request: ChatRequest): AsyncIterable<ChatDelta> {
        await Promise.resolve();
        requests.push(request);
        try {
          for (const text of ['```ba', 'sh\nls', ' -la\n``', '`\nThis', ' lists']) {
            yield { text };
          }
        } finally {
          left = requests.length > 0;
        }
      },
    };
    const request = { instruction: ' list ', shell: 'bash', os: 'linux', model: 'm' } as const;
    expect(await askCommand(client, request, new AbortController().signal)).toBe('ls -la');
    expect(left).toBe(true);
    expect(requests[0]).toMatchObject({ task: 'edit', temperature: 0, model: 'm' });
    expect(requests[0]!.messages.at(-1)).toEqual({ role: 'user', content: 'list' });
  });
});

describe('shellKind', () => {
  it.each<[string, 'linux' | 'macos' | 'windows', ShellKind]>([
    ['/usr/bin/zsh', 'linux', 'zsh'],
    ['C:\\Program Files\\PowerShell\\7\\pwsh.exe', 'windows', 'powershell'],
    ['C:\\Windows\\System32\\cmd.exe', 'windows', 'cmd'],
    ['C:\\Program Files\\Git\\bin\\bash.exe', 'windows', 'bash'],
    ['/opt/homebrew/bin/fish', 'macos', 'fish'],
    ['/bin/sh', 'linux', 'sh'],
    ['nu', 'linux', 'nushell'],
    ['', 'windows', 'powershell'],
    ['', 'macos', 'zsh'],
    ['/usr/bin/tmux', 'linux', 'bash'],
  ])('knows %j on %s', (program, os, kind) => {
    expect(shellKind(program, os)).toBe(kind);
  });
});
