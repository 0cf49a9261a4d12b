/** Preload (`node --require`): prints the CPU time of the whole process, user and system, to stderr at its end. */
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    process.stderr.write(`CPU ${(user + system) / 1e3} ms\n`);
  });
}
