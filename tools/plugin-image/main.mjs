// Bundles a vendor's guest plugin into one script and keeps it beside its image: `node tools/plugin-image/main.mjs FOLDER [--check]`,
// FOLDER as in packages/vendor-intel-82599. The script is committed, so that tests and builds need no step before them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../..', import.meta.url))
const [folder, mode] = process.argv.slice(2)
if (folder === undefined || !existsSync(join(root, folder, 'src/plugin/index.ts'))) {
  console.error('usage: node tools/plugin-image/main.mjs FOLDER [--check], FOLDER with src/plugin/index.ts')
  process.exit(2)
}
const path = join(root, folder, 'src/image/plugin-script.ts')
const wanted = await moduleOf(await bundle(join(root, folder, 'src/plugin/index.ts')))
if (mode !== '--check') writeFileSync(path, wanted)
else if (!existsSync(path) || readFileSync(path, 'utf8') !== wanted) {
  console.error(`${folder}/src/image/plugin-script.ts is stale: run node tools/plugin-image/main.mjs ${folder}`)
  process.exit(1)
}

/** One classic script, an expression: its value is NPA_PluginMain. It starts on its first line, so that `return` may stand before it. */
async function bundle(input) {
  const build = await rolldown({ input, resolve: { conditionNames: ['npa-source'] }, logLevel: 'warn' })
  const { output } = await build.generate({ format: 'iife', name: 'plugin', exports: 'named', comments: false })
  await build.close()
  const { code, imports } = output[0]
  if (output.length !== 1 || imports.length > 0) throw new Error('the plugin does not fit into one script')
  return `(() => {\n// SPDX-License-Identifier: GPL-2.0-only\n${code.trim()}\nreturn plugin.NPA_PluginMain;\n})()`
}

async function moduleOf(script) {
  const text = script.replace(/[\\`]|\$\{/g, '\\$&')
  const source = `/** The plugin as one script, made by tools/plugin-image from src/plugin. */\nexport const PLUGIN_SCRIPT: string = \`${text}\`\n`
  return format(source, { ...(await resolveConfig(path)), parser: 'typescript' })
}
