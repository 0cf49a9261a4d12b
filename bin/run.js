#!/usr/bin/env node
import { existsSync } from 'node:fs';

/** As oclif sees it: nothing, `--version`, or `--help` anywhere before `--`. */
function isHelp(words) {
  const end = words.indexOf('--');
  return (
    words.length === 0 ||
    words[0] === '--version' ||
    words.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '--help-all')
  );
}

// A clone that nobody has built, or what npm installs from a git address: it packs without `prepack`.
if (!existsSync(new URL('../dist', import.meta.url))) {
  process.stderr.write('smmuscope: expected the built tool in dist/, found none; `npm ci && npm run build` makes it\n');
  process.exitCode = 1;
} else if (isHelp(process.argv.slice(2))) {
  // Help is printed before a thread would run.
  const { execute, settings } = await import('@oclif/core');
  settings.enableAutoTranspile = false;
  await execute({ dir: import.meta.url });
} else {
  const { runCommandThread } = await import('../dist/cli/process/main-thread.js');
  runCommandThread();
}
