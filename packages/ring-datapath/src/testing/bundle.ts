import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const SHIM = fileURLToPath(new URL('browser/vitest.ts', import.meta.url))

/** A file of this folder with everything that it imports, as one script. */
export async function bundled(file: string, platform: 'node' | 'browser'): Promise<string> {
  const input = fileURLToPath(new URL(file, import.meta.url))
  const resolve = platform === 'browser' ? { alias: { vitest: SHIM } } : {}
  // Whole: a test file is imported for what it does, in a package that says that no file does anything.
  const build = await rolldown({ input, platform, resolve, treeshake: false, logLevel: 'silent' })
  const { output } = await build.generate({ format: platform === 'node' ? 'cjs' : 'iife' })
  await build.close()
  return output[0].code
}
