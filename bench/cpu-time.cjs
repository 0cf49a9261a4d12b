/** Preload (`node --require`): prints the CPU time of the whole process, user and system, to stderr at its end. */
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write(`CPU ${(user + system) / 1e3} ms\n`);
});
