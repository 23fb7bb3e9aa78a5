import { defineConfig } from 'vitest/config'

// Tests run on the sources of every package, no build needed: the exports' own condition 'npa-source' says where they are.
const conditions = ['npa-source', 'module', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.mjs'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/fixture/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
  },
})
