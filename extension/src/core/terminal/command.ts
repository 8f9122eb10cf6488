import type { ChatMessage, CockpitClient } from '../server/types.js';
import { isChatter } from '../edit/chatter.js';
import {
  continuesIn,
  SHELLS,
  withoutContinuation,
  type OperatingSystem,
  type ShellKind,
} from './shells.js';

/** What a command is wanted for. */
export interface CommandRequest {
  /** In the user's words. */
  readonly instruction: string;
  readonly shell: ShellKind;
  readonly os: OperatingSystem;
  /** Name of the working folder; never its path. */
  readonly folder?: string;
  readonly model: string;
}

/** Most new tokens: a long pipeline, and some talk before it. */
const MAX_TOKENS = 200;

const SYSTEMS: Readonly<Record<OperatingSystem, string>> = {
  linux: 'Linux',
  macos: 'macOS',
  windows: 'Windows',
};

/** Requests and their commands, by family of shells: they show the form of an answer. */
const EXAMPLES: Readonly<
  Record<'posix' | 'powershell' | 'cmd', readonly (readonly [string, string])[]>
> = {
  posix: [
    ['how big is a folder', 'du -sh {folder}'],
    ['show hidden files', 'ls -A'],
    ['clone a git repository', 'git clone {url}'],
    ['search for TODO in all python files', 'grep -rn "TODO" --include="*.py" .'],
  ],
  powershell: [
    ['rename a file', 'Rename-Item {file} {name}'],
    ['show hidden files', 'Get-ChildItem -Hidden'],
    ['clone a git repository', 'git clone {url}'],
    ['search for TODO in all python files', 'Select-String "TODO" -Path *.py'],
  ],
  cmd: [
    ['rename a file', 'ren {file} {name}'],
    ['show hidden files', 'dir /a:h'],
    ['clone a git repository', 'git clone {url}'],
    ['search for TODO in all python files', 'findstr /s /n "TODO" *.py'],
  ],
};

/** Writes the question for one shell command. */
export function commandMessages(request: CommandRequest): ChatMessage[] {
  const { shell, os, folder, instruction } = request;
  const family = shell === 'powershell' || shell === 'cmd' ? shell : 'posix';
  const where = folder ? ` The working folder is ${folder}.` : '';
  return [
    {
      role: 'system',
      content:
        `You write commands for ${SHELLS[shell].name} on ${SYSTEMS[os]}.${where} ` +
        'Reply with one command on one line in a code block and nothing else. ' +
        'Where the request does not say a name or a value, write a word in braces for it, such as {file}.',
    },
    ...EXAMPLES[family].flatMap(([words, command]): ChatMessage[] => [
      { role: 'user', content: words },
      { role: 'assistant', content: inFence(command, shell) },
    ]),
    { role: 'user', content: instruction.trim() },
  ];
}

function inFence(command: string, shell: ShellKind): string {
  return `\`\`\`${shell}\n${command}\n\`\`\``;
}

/**
 * Asks for a command. Returns it as one line without a line end, so that placing it at a prompt
 * never runs it; `undefined` when the model gave none.
 *
 * @throws ServerProblem, or the signal's reason when it aborts.
 */
export async function askCommand(
  client: Pick<CockpitClient, 'chat'>,
  request: CommandRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const messages = commandMessages(request);
  const chat = { model: request.model, messages, maxTokens: MAX_TOKENS, temperature: 0 };
  let answer = '';
  for await (const delta of client.chat({ ...chat, task: 'edit' }, signal)) {
    answer += delta.text;
    if (closesFence(answer)) {
      break;
    }
  }
  return parseCommand(answer, request.shell);
}

function closesFence(answer: string): boolean {
  return /```[^\n]*\n[^]*\n\s*```/.test(answer);
}

/**
 * Takes one command out of a model's answer: out of a fence, of back quotes, or of the first line
 * that is no talk. Lines are joined only where the command says that it goes on; a second command is
 * left out. Control characters, which a terminal would obey, never come through.
 *
 * @returns `undefined` when there is no command, or none that fits on one line.
 */
export function parseCommand(answer: string, shell: ShellKind): string | undefined {
  const text = answer.replace(/^[^]*<\/think>/, '').replace(/^\s*<think>[^]*$/, '');
  const lines = commandLines(text).map((line) => withoutPrompt(printable(line), shell));
  const start = lines.findIndex((line) => line !== '' && !isComment(line, shell));
  let command = '';
  for (const line of start < 0 ? [] : lines.slice(start)) {
    command = command === '' ? line : `${command} ${line}`;
    if (!continuesIn(line, shell)) {
      break;
    }
    command = withoutContinuation(command, shell);
  }
  // What would make the shell wait for more lines is no command that can be placed.
  const whole =
    command !== '' && !/(?<!<)<<-?\s*['"\\]?\w/.test(command) && quotesClose(command, shell);
  return whole ? command : undefined;
}

/** Returns the lines of the answer that may hold the command. */
function commandLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  const open = lines.findIndex((line) => FENCE.test(line));
  if (open >= 0) {
    const inside = lines.slice(open + 1);
    const close = inside.findIndex((line) => FENCE.test(line));
    return close < 0 ? inside : inside.slice(0, close);
  }
  const talk = lines.filter((line) => isChatter(line, 'shellscript'));
  const code = lines.filter((line) => line.trim() !== '' && !talk.includes(line));
  const quoted = talk.flatMap((line) =>
    [...line.matchAll(/`([^`]+)`/g)].map(([, command]) => command ?? ''),
  );
  return [...code, ...quoted].map(unquoted);
}

const FENCE = /^\s*(?:`{3,}|~{3,})[^`]*$/;

/** Takes the command out of back quotes around the line, and a label off its front. */
function unquoted(line: string): string {
  const text = line
    .trim()
    .replace(/^\**(?:command|answer|bash|shell|powershell|zsh|fish)\**:\**\s+/i, '');
  return /^(`{1,3})([^`]+)\1$/.exec(text)?.[2] ?? text;
}

/** Removes what a terminal would obey instead of showing it, and what nobody could see. */
function printable(line: string): string {
  return line
    .replace(ESCAPE_SEQUENCES, '')
    .replace(/[\t\u00a0\u2028\u2029]/g, ' ')
    .replace(INVISIBLE, '')
    .trim();
}

const ESCAPE_SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])/g;
const INVISIBLE = /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Removes the prompt that models copy from transcripts. */
function withoutPrompt(line: string, shell: ShellKind): string {
  const text = line.replace(/^(?:[\w.-]+@[\w.-]+:\S*)?[$%❯]\s+/, '');
  return shell === 'powershell' || shell === 'cmd'
    ? text.replace(/^(?:PS\s*)?[A-Za-z]:\\[^>]*>\s*/, '').replace(/^(?:PS)?>\s+/, '')
    : text.replace(/^>\s+/, '');
}

function isComment(line: string, shell: ShellKind): boolean {
  return shell === 'cmd' ? /^(?:rem\b|::)/i.test(line) : line.startsWith('#');
}

function quotesClose(command: string, shell: ShellKind): boolean {
  const escape = shell === 'powershell' ? '`' : shell === 'cmd' ? '^' : '\\';
  let open = '';
  for (let at = 0; at < command.length; at++) {
    const character = command.charAt(at);
    if (character === escape && open !== "'") {
      at++;
    } else if (open !== '') {
      open = character === open ? '' : open;
    } else if (character === '"' || (character === "'" && shell !== 'cmd')) {
      open = character;
    }
  }
  return open === '';
}
