#!/usr/bin/env node

/** As oclif sees it: nothing, `--version`, or `--help` anywhere before `--`. */
function isHelp(words) {
  const end = words.indexOf('--');
  return words.length === 0 || words[0] === '--version' || words.slice(0, end < 0 ? undefined : end).includes('--help');
}

// Help is printed before a thread would run.
if (isHelp(process.argv.slice(2))) {
  const { execute } = await import('@oclif/core');
  await execute({ dir: import.meta.url });
} else {
  const { runCommandThread } = await import('../dist/cli/process/main-thread.js');
  runCommandThread();
}
