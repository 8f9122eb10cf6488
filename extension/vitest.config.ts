import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Core needs no editor. Adapters that do get the small stand-in, which has only what is pure.
    alias: { vscode: fileURLToPath(new URL('test/support/vscode.ts', import.meta.url)) },
    restoreMocks: true,
    // A new world for each file would take as long as the tests; none leaves anything behind.
    isolate: false,
    testTimeout: 10_000,
  },
});
