import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    // Vitest would leave one of two cores idle.
    maxWorkers: 2,
    // Of the tests that ask for it: those that wait for a process.
    maxConcurrency: 2,
    reporters: ['default', ['json', { outputFile: '.vitest/results.json' }]],
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
  },
});
