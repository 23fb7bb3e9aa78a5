import { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import type { StartWorker } from '../crew.js'

/** Bundles the worker script out of the sources of all packages, so that tests need no build. */
export async function bundledWorker(): Promise<StartWorker> {
  const build = await rolldown({
    input: fileURLToPath(new URL('../worker.ts', import.meta.url)),
    platform: 'node',
    logLevel: 'warn',
    resolve: { conditionNames: ['npa-source', 'node', 'import', 'default'] },
  })
  const { output } = await build.generate({ format: 'cjs' })
  await build.close()
  return (options) => new Worker(output[0].code, { ...options, eval: true })
}
