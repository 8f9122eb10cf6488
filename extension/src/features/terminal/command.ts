import * as vscode from 'vscode';
import { ServerProblem } from '../../core/server/problem.js';
import { askCommand, type CommandRequest } from '../../core/terminal/command.js';
import { SHELLS, shellKind, type OperatingSystem } from '../../core/terminal/shells.js';
import type { Host } from '../../host/host.js';
import { askForInstruction } from '../../host/instruction-prompt.js';
import { Instructions } from '../../host/instructions.js';
import { editModel, tell, tellServerProblem } from '../../host/tell.js';

/** Asks the model for shell commands and puts them at the prompt. */
export class TerminalCommands {
  readonly #host: Host;
  readonly #instructions: Instructions;
  #running = new AbortController();

  constructor(host: Host) {
    this.#host = host;
    this.#instructions = new Instructions(host.context.globalState, 'terminal');
  }

  async ask(): Promise<void> {
    const { l10n } = vscode;
    const terminal = vscode.window.activeTerminal;
    if (!terminal) {
      return;
    }
    const instructions = this.#instructions;
    const shell = shellKind(programOf(terminal), operatingSystem());
    const answer = await askForInstruction({
      title: l10n.t('Write a command for {0}', SHELLS[shell].name),
      placeholder: l10n.t('Say what the command should do; it is not run'),
      verb: l10n.t('Command'),
      draft: instructions.draft,
      history: instructions.history,
      forget: (text) => void instructions.forget(text),
    });
    if (answer.kind !== 'text') {
      instructions.draft = answer.kind === 'dismissed' ? answer.typed : '';
      terminal.show();
      return;
    }
    await instructions.remember(answer.text);
    const model = await editModel(this.#host);
    if (!model) {
      instructions.draft = answer.text;
      return;
    }
    const folder = folderOf(terminal);
    await this.#place(terminal, {
      instruction: answer.text,
      shell,
      os: operatingSystem(),
      model: model.id,
      ...(folder === undefined ? {} : { folder }),
    });
  }

  async #place(terminal: vscode.Terminal, request: CommandRequest): Promise<void> {
    this.#running.abort();
    const { signal } = (this.#running = new AbortController());
    const activity = this.#host.activity.begin(vscode.l10n.t('writing a command'));
    try {
      const command = await askCommand(this.#host.client, request, signal);
      if (command === undefined || !isOneLine(command)) {
        const text = vscode.l10n.t('The model gave no command. Say it in other words.');
        this.#instructions.draft = request.instruction;
        void tell('information', text, []);
      } else if (terminal.exitStatus === undefined) {
        // Without a line end: the user reads it, changes it, and runs it or not.
        terminal.sendText(command, false);
        terminal.show();
      }
    } catch (error) {
      if (error instanceof ServerProblem) {
        this.#instructions.draft = request.instruction;
        void tellServerProblem(this.#host, error, () => this.ask());
      } else if (!signal.aborted) {
        throw error;
      }
    } finally {
      activity.end();
    }
  }
}

/** A terminal obeys control characters; what is put at the prompt must have none. */
function isOneLine(command: string): boolean {
  return !/\p{Cc}/u.test(command);
}

/** The shell that runs in a terminal now; where that is not known, the one it was opened with. */
function programOf(terminal: vscode.Terminal): string {
  const { creationOptions } = terminal;
  const opened = 'shellPath' in creationOptions ? creationOptions.shellPath : undefined;
  return terminal.state.shell ?? opened ?? vscode.env.shell;
}

/** The system that the terminal's shell runs on: the one that the extension runs on. */
function operatingSystem(): OperatingSystem {
  switch (process.platform) {
    case 'win32':
      return 'windows';
    case 'darwin':
      return 'macos';
    default:
      return 'linux';
  }
}

/** The name of the folder that a terminal is in. */
function folderOf(terminal: vscode.Terminal): string | undefined {
  const path = terminal.shellIntegration?.cwd?.path;
  const folder = path ?? vscode.workspace.workspaceFolders?.[0]?.uri.path;
  return folder?.split('/').findLast((part) => part !== '');
}
