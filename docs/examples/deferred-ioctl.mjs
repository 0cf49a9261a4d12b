/**
 * `deferred-ioctl`: the VMM puts off every forwardable command until the end of the doorbell and hands them over with one
 * ioctl, whatever their class. What would a batch that keeps invalidation and device-cache commands together save?
 *
 * Allowed because the guest may rely on its commands only once it sees its CMD_SYNC done, and on this path it sees that
 * after the exit.
 */
export default ({ Cost, Opcode, forwardToHost, hostKernel, issueInBlocks, noWorker }) => ({
  name: 'deferred-ioctl',
  summary: 'PROD write traps to the VMM; one ioctl per doorbell, all classes together',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  options: [{ key: 'limit', help: 'most commands that one ioctl carries', default: '4096', range: [1, 65536] }],

  create(setup) {
    const limit = Number(setup.option('limit'));

    /** Rows `from … to-1` of the submission, of which `commands` are forwarded, go down in one ioctl. */
    function handOver(submission, from, to, commands, path) {
      if (commands === 0) return;
      const first = submission.hostFirst[from];
      const count = submission.hostFirst[to - 1] + submission.hostCount[to - 1] - first;
      path.ioctl(commands, count); // enter the kernel, copy in, convert
      issueInBlocks(path, first, count); // at most 63 to a block, each with its own CMD_SYNC
    }

    return {
      ...noWorker,
      queueCount: 1,
      forward: forwardToHost(hostKernel(setup)), // the host's rules of what is forwarded, emulated and refused

      submit(submission, path) {
        path.trapToVmm();
        let from = 0;
        let commands = 0;
        for (let row = 0; row < submission.guestCount; row++) {
          path.host(Cost.vmmPerCommand); // read and decode it, CMD_SYNC too
          if (submission.guestOpcode[row] === Opcode.SYNC) continue;
          if (submission.hostCount[row] === 0) path.effect(row); // the VMM does it itself, now
          else if (++commands === limit) {
            handOver(submission, from, row + 1, commands, path);
            from = row + 1;
            commands = 0;
          }
        }
        handOver(submission, from, submission.guestCount, commands, path);
        path.returnToGuest();
        path.readConsTrapped(submission.syncCount);
      },
    };
  },
});
