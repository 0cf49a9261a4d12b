/** What knip looks at: entries are what a command line, a thread, a test or a script starts with. */
const isProduction = process.argv.includes('--production');

export default {
  entry: [
    'src/commands/**/*.ts!',
    'src/cli/{command-not-found,completion/postrun,help}.ts!',
    'src/cli/process/*.ts!',
    'src/sweep/worker.ts!',
    'src/session/threads/replay-worker.ts!',
    'test/**/*.test.ts',
    'test/**/*.mjs',
    'test/fuzz/{run,child}.ts',
    'bench/**/*.{mjs,cjs}',
  ],
  // Writes docs/metrics.md, for test/results/write-docs.mjs; exports for it and its like are marked @internal.
  ignore: isProduction ? ['src/reporters/metrics-page.ts'] : [],
  project: ['src/**/*.ts!', 'test/**/*.{ts,mjs}', 'bench/**/*.{mjs,cjs}'],
  // Read as files into the HTML page, by reporters/html/shell.ts.
  ignoreDependencies: ['uplot'],
  // Of the system: the scripts that call them say so where they are absent.
  ignoreBinaries: ['perf', 'mkfifo', 'mount', 'umount', 'strace'],
  // What is used where it stands may be exported for a test; without --production, a test must then use it.
  ignoreExportsUsedInFile: isProduction,
};
