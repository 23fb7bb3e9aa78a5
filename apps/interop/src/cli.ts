import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { loadAccelerator } from '@npa/vfio-user/koffi'
import { Assets } from './assets.js'
import { driverCases, STREAM_SECONDS } from './cases.js'
import { Court } from './court.js'
import { defaultCache } from './debian/cache.js'
import { isReference } from './devices/device.js'
import { kernelNames } from './debian/sets.js'
import type { KernelName } from './debian/sets.js'
import { judgePlugins, PLUGINS, PLUGINS_DEVICE } from './plugins/plugins-case.js'
import { judgeRegisters, REGISTERS, REGISTERS_DEVICE } from './registers/registers-case.js'
import { markdown } from './report/markdown.js'
import { tryFile, tryFolder } from './report/places.js'
import type { Report } from './report/row.js'
import { Screen } from './report/screen.js'
import { reasonOf } from './unavailable.js'

interface Options {
  readonly json?: string
  readonly markdown?: string
  readonly only?: string[]
  readonly device?: string[]
  readonly kernel?: KernelName
  readonly check?: string[]
  readonly skip?: string[]
  readonly keep?: string
  readonly streamSeconds: number
  readonly accelerate?: boolean
  readonly cache: string
}

const examples = (name: string): string => `
Examples:
  ${name}
  ${name} --only vmxnet3 --kernel 6.1 --json interop.json
  ${name} --only vmxnet3 --device npa --keep out/interop
  ${name} --only ixgbevf igbvf --kernel 6.1 --device 82599 qemu --check 'between VF and VF' --stream-seconds 600

Debian's packages come from the mirror that this machine's apt sources name, or NPA_DEBIAN_MIRROR.
Ctrl-C ends the run and still writes what was asked for: rows that it did not come to are "not run". Once more ends it at once.
Exit codes: 0 no check of ours failed, 1 one failed, 2 bad options or no verdict at all, 130 interrupted.`

function commandLine(name: string): Command {
  return new Command(name)
    .description('Unmodified Linux drivers judge the devices of this repository, and a reference beside them.')
    .addOption(
      new Option('--only <driver...>', 'only these drivers').choices([
        ...driverCases(STREAM_SECONDS).map((one) => one.driver),
        REGISTERS,
        PLUGINS,
      ]),
    )
    .addOption(new Option('--kernel <name>', 'only this kernel').choices(kernelNames))
    .option(
      '--device <text...>',
      'only devices whose name contains one of the texts; without the reference its log is not compared',
    )
    .option('--check <text...>', 'only checks whose name contains one of the texts, after probe and link')
    .option('--skip <text...>', 'leave out checks whose name contains one of the texts')
    .option('--json <file>', 'write versions and rows as JSON')
    .option('--markdown <file>', 'write the table as docs/interop.md shows it')
    .option('--keep <folder>', 'keep what the guests said, console and QEMU, a folder for every boot')
    .option(
      '--stream-seconds <n>',
      'how long the streams last whose losses are counted, 1 to 86400',
      streamSeconds,
      STREAM_SECONDS,
    )
    .option('--accelerate', 'serve our devices with koffi: mapped guest memory, event descriptors')
    .option('--cache <folder>', 'where the packages of Debian are kept; NPA_INTEROP_CACHE too', defaultCache())
    .addHelpText('after', examples(name))
    .exitOverride()
}

function streamSeconds(text: string): number {
  const seconds = Number(text)
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError('Expected an integer from 1 to 86400.')
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  try {
    prepare(options)
  } catch (error) {
    return wrong(reasonOf(error))
  }
  const screen = new Screen()
  signal.addEventListener('abort', () => screen.line('interrupted: the rest is not run; once more ends it at once'))
  const assets = new Assets(options.cache, (what) => screen.line(what), signal)
  // Unix sockets want short paths, so what is kept is copied from there.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-interop-'))
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  const { check = [''], skip = [], device = [''] } = options
  const meant = (name: string): boolean => device.some((text) => name.includes(text))
  const asked = ({ name }: { readonly name: string }): boolean =>
    check.some((text) => name.includes(text)) && !skip.some((text) => name.includes(text))
  const accelerator = options.accelerate === true ? await loadAccelerator() : undefined
  const court = new Court(assets, screen, folder, accelerator, signal)
  try {
    const named = (suite: string): boolean => options.only?.includes(suite) ?? true
    if (named(REGISTERS) && meant(REGISTERS_DEVICE)) {
      await judgeRegisters(assets, folder, asked, (row) => court.add(row), signal)
    }
    if (named(PLUGINS) && meant(PLUGINS_DEVICE)) {
      await judgePlugins(assets, folder, asked, (row) => court.add(row), signal)
    }
    for (const kernel of options.kernel === undefined ? kernelNames : [options.kernel]) {
      for (const one of driverCases(options.streamSeconds)) {
        if (options.only !== undefined && !options.only.includes(one.driver)) continue
        const devices = one.devices.filter(({ name }) => meant(name))
        const groups = one.groups
          .map((group) => ({ ...group, checks: group.checks.filter(asked) }))
          .filter(({ checks }) => checks.length > 0)
        if (one.kernels.includes(kernel) && groups.length > 0) await court.judge({ ...one, devices, groups }, kernel)
      }
    }
  } finally {
    if (options.keep !== undefined) fs.cpSync(folder, options.keep, { recursive: true, filter: worthKeeping })
  }
  if (court.rows.length === 0)
    return wrong('no check is left: see what --only, --kernel, --device, --check and --skip ask for')
  const report: Report = { versions: assets.versions, rows: court.rows }
  if (options.json !== undefined) fs.writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`)
  if (options.markdown !== undefined) fs.writeFileSync(options.markdown, markdown(report))
  screen.table(report.rows)
  for (const [name, version] of Object.entries(report.versions)) process.stdout.write(`${name}: ${version}\n`)
  if (signal.aborted) return INTERRUPTED
  if (report.rows.some((row) => row.result === 'fail' && !isReference(row.device))) return 1
  return report.rows.some((row) => row.result === 'pass') ? 0 : 2
}

/** Asked before minutes of work, whose result would have nowhere to go. */
function prepare({ json, markdown: table, keep, cache }: Options): void {
  for (const file of [json, table]) if (file !== undefined) tryFile(file)
  for (const folder of [keep, cache]) if (folder !== undefined) tryFolder(folder)
}

/** Says in a line what is wrong with the options; the exit code for that. */
function wrong(why: string): number {
  process.stderr.write(`error: ${why}\n`)
  return 2
}

/** What the guests said; not the sockets, nor what can be made again. */
function worthKeeping(file: string): boolean {
  return !fs.statSync(file).isSocket() && path.basename(file) !== 'initrd'
}

/** The exit code of a process that SIGINT has ended. */
const INTERRUPTED = 130

/** The whole program: arguments without program and script in, exit code out. `name` is what it is called on its command line. */
export async function main(args: readonly string[], name: string): Promise<number> {
  const abort = new AbortController()
  const interrupt = (): void => {
    // Guests and files go with the process only when it ends by itself.
    if (abort.signal.aborted) process.exit(INTERRUPTED)
    abort.abort()
  }
  process.on('SIGINT', interrupt)
  process.once('SIGTERM', () => process.exit(143))
  const program = commandLine(name)
  try {
    program.parse(args, { from: 'user' })
    const code = await run(program.opts<Options>(), abort.signal)
    // A check that was given up may wait for a while yet.
    if (abort.signal.aborted) process.exit(code)
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}
