/**
 * The main thread of the tool: it listens to signals, and nothing else.
 *
 * Node tells JavaScript of a signal when the main thread has nothing else to do. A command runs in a thread of its own
 * (command-thread.ts), so that SIGINT (130), SIGTERM (143) and SIGHUP (129) end it at once, whatever loop it is in. A
 * command that the system holds inside a call (a pipe that nobody opens) cannot be joined, and Node would wait for it:
 * after PATIENCE_MS, or at a second signal, the process ends by the signal itself, which a shell shows as the same code.
 */
import { MessageChannel, receiveMessageOnPort, SHARE_ENV, Worker } from 'node:worker_threads';
import { type LeftoverNews, Leftovers } from '../../files/leftovers.js';
import { tell } from '../messages.js';

const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof EXIT_OF_SIGNAL;
const EXIT_UNEXPECTED = 1;

/** Time that a command has to let go; a loop in JavaScript or WebAssembly takes a thousandth of it. */
const PATIENCE_MS = 500;
/** A signal again so soon is the same one: `timeout` and a terminal's shell send it to the process and to its group. */
const SAME_SIGNAL_MS = 100;

/** Run the command line of this process. */
export function runCommandThread(): void {
  const { port1: news, port2 } = new MessageChannel();
  const thread = new Worker(new URL('./command-thread.js', import.meta.url), {
    argv: process.argv.slice(2),
    env: SHARE_ENV,
    // The thread has the process's own (standard-streams.ts): Node 22 would ask it for more of the streams that these replace.
    stdout: true,
    stderr: true,
    // Sockets take descriptors over and close them themselves.
    trackUnmanagedFds: false,
    workerData: port2,
    transferList: [port2],
  });
  const leftovers = new Leftovers();
  news.on('message', (message: LeftoverNews) => leftovers.take(message));
  news.unref();
  /** Undo what the thread has left, what it has told of at last included. */
  const undo = () => {
    for (let next = receiveMessageOnPort(news); next !== undefined; next = receiveMessageOnPort(news)) {
      leftovers.take(next.message as LeftoverNews);
    }
    leftovers.undo();
  };

  let signalled: Signal | undefined;
  let signalledMs = 0;
  const endBySignal = (signal: Signal) => {
    undo();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  const onSignal = (signal: Signal) => {
    const now = performance.now();
    if (signalled === signal && now - signalledMs < SAME_SIGNAL_MS) return;
    if (signalled !== undefined) return endBySignal(signal);
    signalled = signal;
    signalledMs = now;
    setTimeout(endBySignal, PATIENCE_MS, signal);
    thread.terminate();
  };
  for (const signal of Object.keys(EXIT_OF_SIGNAL) as Signal[]) process.on(signal, onSignal);

  thread.on('error', (error) => {
    process.exitCode = EXIT_UNEXPECTED;
    if (signalled === undefined) for (const line of sentenceOf(error).split('\n')) tell(line);
  });
  thread.on('exit', (code) => {
    undo();
    if (signalled !== undefined) process.exit(EXIT_OF_SIGNAL[signalled]);
    process.exitCode ??= code;
    for (const signal of Object.keys(EXIT_OF_SIGNAL)) process.removeAllListeners(signal);
  });
}

/** What ends a thread from outside: no memory, or a fault before the command's own handlers are there. */
function sentenceOf(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return `unexpected error: ${error.stack ?? error.message}`;
  return 'expected memory for the work, found none left (NODE_OPTIONS=--max-old-space-size=MIB allows more)';
}
