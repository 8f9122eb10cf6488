import * as vscode from 'vscode';
import type { Host } from '../../host/host.js';

/** How often a server that was just started is looked for, and for how long. */
const LOOK_EVERY_MS = 2000;
const LOOK_FOR_MS = 15 * 60_000;

/** Starts the server in a terminal, where its own progress can be read. */
export class ServerStarter implements vscode.Disposable {
  readonly #host: Host;
  readonly #closed: vscode.Disposable;
  #terminal: vscode.Terminal | undefined;
  #looking: AbortController | undefined;

  constructor(host: Host) {
    this.#host = host;
    this.#closed = vscode.window.onDidCloseTerminal((terminal) => {
      if (terminal === this.#terminal) {
        this.#terminal = undefined;
        this.#looking?.abort();
      }
    });
  }

  /** Types the start command into a terminal; shows the terminal if that was done before. */
  start(): void {
    if (this.#terminal && this.#terminal.exitStatus === undefined) {
      this.#terminal.show();
    } else {
      const command = this.#host.settings.get('startCommand');
      this.#terminal = vscode.window.createTerminal({
        name: vscode.l10n.t('AiCockpit server'),
        iconPath: new vscode.ThemeIcon('rocket'),
        isTransient: true,
      });
      this.#terminal.show();
      this.#terminal.sendText(command, true);
      this.#host.log.info('the server is started in a terminal');
    }
    void this.#look();
  }

  dispose(): void {
    this.#looking?.abort();
    this.#closed.dispose();
  }

  /** Looks more often than usual until the server answers or its terminal is closed. */
  async #look(): Promise<void> {
    this.#looking?.abort();
    const looking = new AbortController();
    this.#looking = looking;
    const { clock, connection } = this.#host;
    const end = clock.now() + LOOK_FOR_MS;
    try {
      while (clock.now() < end && !looking.signal.aborted) {
        await clock.sleep(LOOK_EVERY_MS, looking.signal);
        const state = await connection.refresh();
        if (state.kind !== 'unreachable' && state.kind !== 'connecting') {
          return;
        }
      }
    } catch {
      // The terminal was closed, or the window: nobody waits for the server any more.
    }
  }
}
