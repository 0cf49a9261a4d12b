/**
 * A process that runs one command of the built tool after another and tells its parent how each ended. A command that calls
 * `process.exit` ends the process too, after its result is told.
 */
import { join } from 'node:path';
import { Config } from '@oclif/core';

const config = await Config.load({ root: join(import.meta.dirname, '../..') });
const exit = process.exit.bind(process);
let running;

/** Tell how the running command ended, once. */
function tell(code, done = () => {}) {
  const { printed } = running;
  running = undefined;
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((pieces) => Buffer.concat(pieces).toString());
  process.send({ code, stdout, stderr }, done);
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
  tell(code ?? process.exitCode ?? 0, () => exit(code));
  throw new Error('the process is ending');
};

/** The command that the words begin with, the longest. */
function commandOf(words) {
  for (let length = words.length; length > 0; length--) {
    const id = words.slice(0, length).join(':');
    if (config.findCommand(id) !== undefined) return [id, words.slice(length)];
  }
  throw new Error(`no command in: ${words.join(' ')}`);
}

process.on('message', async (words) => {
  running = { printed: { stdout: [], stderr: [] } };
  try {
    const [id, args] = commandOf(words);
    await config.runCommand(id, args);
  } catch (error) {
    // After process.exit everything is told.
    if (running === undefined) return;
    process.stderr.write(String(error.stack));
    process.exitCode = 1;
  }
  if (running === undefined) return;
  const code = process.exitCode ?? 0;
  // What the end of a process would take with it.
  process.exitCode = undefined;
  for (const event of ['uncaughtException', 'unhandledRejection']) process.removeAllListeners(event);
  tell(code);
});
process.on('disconnect', () => exit(0));
process.send('ready');
