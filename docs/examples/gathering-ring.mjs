/**
 * `gathering-ring`: the guest posts its commands in a ring that it shares with a host thread; the thread gathers for a window
 * before it issues what has come. What does a guest wait for the window, and what does the host save with fewer CMD_SYNCs?
 *
 * The costs of the ring are the author's own, so the strategy says them itself: `path.spend(ns, name)` is charged to a stage
 * of that name, with the tag U in `strategies show`.
 */
const POST_NS = 40; // one entry written and made visible
const TAKE_NS = 25; // one entry read from the other CPU's cache

export default ({ Cost, Opcode, forwardToHost, hostKernel, issueInBlocks }) => ({
  name: 'gathering-ring',
  summary: 'shared ring; a host thread gathers for a window, then issues all that has come',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  options: [{ key: 'window', help: 'ns for which the thread gathers', default: '2000', range: [0, 1_000_000] }],

  create(setup) {
    const windowNs = Number(setup.option('window'));
    return {
      queueCount: 1,
      workerCount: 1,
      isWorkerPolling: false,
      forward: forwardToHost(hostKernel(setup)),

      submit(submission, path) {
        path.spend(POST_NS * submission.guestCount, 'ring_post'); // guest CPU: nothing has trapped
        path.trapToKernel(); // the kick
        if (submission.guestCount > 0) path.signalWorker(0);
        if (submission.syncCount > 0) path.awaitWorker();
      },

      wakeWorker(path) {
        path.guest(Cost.wakeUp); // the thread sleeps: no CPU is busy
      },

      gather(path) {
        path.spend(windowNs, 'gather'); // worker CPU: it watches the ring, woken or with more to do
      },

      drain(rows, path) {
        path.spend(TAKE_NS * rows.guestCount, 'ring_take');
        for (let row = 0; row < rows.guestCount; row++) {
          if (rows.guestOpcode[row] !== Opcode.SYNC && rows.hostCount[row] === 0) path.effect(row);
        }
        path.host(Cost.convert, rows.hostCountTotal);
        issueInBlocks(path, 0, rows.hostCountTotal);
        path.complete(rows.guestCount);
      },
    };
  },
});
