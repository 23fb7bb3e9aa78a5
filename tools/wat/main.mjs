// Assembles WebAssembly text: `node tools/wat/main.mjs FILE.wat [--check]`. FILE.wat becomes FILE-module.ts beside it, which is committed, so
// that tests and builds need no step before them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { format, resolveConfig } from 'prettier'
import wabt from 'wabt'

const [file, mode] = process.argv.slice(2)
if (file === undefined || !file.endsWith('.wat') || !existsSync(file)) {
  console.error('usage: node tools/wat/main.mjs FILE.wat [--check]')
  process.exit(2)
}
const features = { threads: true, bulk_memory: true, simd: true }
const { parseWat } = await wabt()
const parsed = parseWat(basename(file), readFileSync(file, 'utf8'), features)
parsed.validate(features)
const { buffer } = parsed.toBinary({})
parsed.destroy()

const path = file.replace(/\.wat$/, '-module.ts')
const source = `/** The module of ${basename(file)}, made from it by tools/wat. */
export const MODULE: Uint8Array = Uint8Array.from([${buffer.join(', ')}])\n`
const wanted = await format(source, { ...(await resolveConfig(path)), parser: 'typescript' })
if (mode !== '--check') writeFileSync(path, wanted)
else if (!existsSync(path) || readFileSync(path, 'utf8') !== wanted) {
  console.error(`${path} is stale: run node tools/wat/main.mjs ${file}`)
  process.exit(1)
}
