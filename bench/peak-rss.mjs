/** Preloaded into a run of the tool: says its peak resident set, all threads, on standard error when it ends. */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => process.stderr.write(`peak RSS ${process.resourceUsage().maxRSS * 1024}\n`));
}
