/**
 * A process that runs one command of the built tool after another and tells its parent how each ended. A command that calls
 * `process.exit` is ended as the end of a process would end it: what is registered for that runs, and the command goes no
 * further. Where it cannot be unwound (in the handler of an error that nobody waits for), the process ends too.
 */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Config } from '@oclif/core';

const ROOT = join(import.meta.dirname, '../..');
const config = await Config.load({ root: ROOT });
const exit = process.exit.bind(process);
/** Thrown where a command calls `process.exit`. */
const UNWIND = new Error('the command has ended');
const ERRORS = ['uncaughtException', 'unhandledRejection'];
let running;
let isUnwindable = true;

/** Tell how the running command ended, once. */
function tell(code, hasEnded = false, done = () => {}) {
  const { printed } = running;
  running = undefined;
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((pieces) => Buffer.concat(pieces).toString());
  process.send({ result: { code, stdout, stderr }, hasEnded }, done);
}

for (const name of ['stdout', 'stderr']) {
  const write = process[name].write.bind(process[name]);
  process[name].write = (chunk, encoding, done) => {
    if (running === undefined) return write(chunk, encoding, done);
    running.printed[name].push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));
    const told = typeof encoding === 'function' ? encoding : done;
    if (told !== undefined) process.nextTick(told);
    return true;
  };
}
process.exit = (code) => {
  if (running === undefined) exit(code);
  running.code = code ?? process.exitCode ?? 0;
  if (isUnwindable) throw UNWIND;
  tell(running.code, true, () => exit(code));
};

/** The command that the words begin with, the longest. */
function commandOf(words) {
  for (let length = words.length; length > 0; length--) {
    const id = words.slice(0, length).join(':');
    if (config.findCommand(id) !== undefined) return [id, words.slice(length)];
  }
  throw new Error(`no command in: ${words.join(' ')}`);
}

/** Give the next command its folder, environment and standard input, as a process of its own would have them. */
function settle({ cwd = ROOT, env, input }) {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (env[name] === undefined) delete process.env[name];
  Object.assign(process.env, env);
  const stdin = Readable.from(input === undefined || input.length === 0 ? [] : [Buffer.from(input)]);
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
}

process.on('message', async ({ words, ...options }) => {
  running = { printed: { stdout: [], stderr: [] }, code: undefined };
  isUnwindable = true;
  settle(options);
  for (const event of ERRORS) {
    process.on(event, () => {
      isUnwindable = false;
    });
  }
  try {
    const [id, args] = commandOf(words);
    await config.runCommand(id, args);
  } catch (error) {
    // After an error that nobody waits for everything is told.
    if (running === undefined) return;
    if (error !== UNWIND) {
      process.stderr.write(String(error.stack));
      running.code = 1;
    }
  }
  if (running === undefined) return;
  const code = running.code ?? process.exitCode ?? 0;
  // What the end of a process does, and what it takes with it.
  process.emit('exit', code);
  process.exitCode = undefined;
  for (const event of ERRORS) process.removeAllListeners(event);
  tell(code);
});
process.on('disconnect', () => exit(0));
process.send('ready');
