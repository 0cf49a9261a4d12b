/** Preloaded into a run of the tool: says its peak resident set on standard error when it ends. */
process.on('exit', () => process.stderr.write(`peak RSS ${process.resourceUsage().maxRSS * 1024}\n`));
