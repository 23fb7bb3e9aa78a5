// `npm start`, `npm test`, `npm run interop` and `npm run bench` on a machine that has Node and npm and nothing else: node builtins only, as nothing is installed yet.
import { delimiter, join } from 'node:path'
import { install, pnpm, root } from './run/install.mjs'
import { phase } from './run/phase.mjs'
import { simulatorArguments } from './run/simulator-arguments.mjs'

const [command, ...args] = process.argv.slice(2)
const node = process.execPath
const bin = (path) => join(root, 'node_modules', path)
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }
env.PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)

const commands = {
  async start() {
    await install()
    await build()
    const simulator = join(root, 'apps/simulator/dist/main.js')
    await phase('simulation', node, [simulator, 'run', ...simulatorArguments(args)], { cwd: root, live: true })
  },
  async interop() {
    await install()
    await build()
    await phase('interop', node, [join(root, 'apps/interop/dist/main.js'), ...args], { cwd: root, live: true })
  },
  async bench() {
    await install()
    await build()
    await phase('bench', node, [join(root, 'apps/benchmark/dist/main.js'), ...args], { cwd: root, live: true })
  },
  async test() {
    await install()
    await build()
    const checks = ['eslint', 'format:check', 'borders', 'typecheck']
    const quiet = ['--output-logs=errors-only', '--log-order=grouped', '--log-prefix=none', '--continue']
    await phase('lint, format, borders, types', ...pnpm('exec', 'turbo', 'run', ...checks, ...quiet), {
      cwd: root,
      env,
    })
    await phase('tests', node, [bin('vitest/vitest.mjs'), 'run', ...args], { cwd: root, live: true })
  },
}

async function build() {
  await phase('build', node, [bin('typescript/bin/tsc'), '-b'], { cwd: root })
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`This project needs Node 20.19 or later; this is Node ${process.versions.node} (${node}).`)
  process.exit(1)
}
if (!Object.hasOwn(commands, command)) {
  console.error(
    'usage: npm start [-- arguments of npa-sim run], npm test [-- of vitest], npm run interop [-- of npa-interop] or npm run bench [-- of npa-bench]',
  )
  process.exit(2)
}
await commands[command]()
