import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const COMPILERS = ['cc', 'gcc', 'clang']
const FLAGS = ['-O3', '-march=native', '-std=c11', '-Wall', '-Wextra', '-Werror']

/** Flags for a program that uses an installed library, as `pkg-config` says, its headers' own warnings aside; undefined where it is not installed. */
export function libraryFlags(library: string): string[] | undefined {
  const { status, stdout } = spawnSync('pkg-config', ['--cflags', '--libs', library], { encoding: 'utf8' })
  if (status !== 0) return undefined
  const flags = stdout.trim().split(/\s+/)
  return flags.filter((flag) => !flag.startsWith('-march=')).map((flag) => flag.replace(/^-I/, '-isystem'))
}

/** A C program of this package, compiled for this machine. */
export class CProgram {
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /**
   * Compiles `c/NAME.c`, with more flags if wanted; undefined where there is no compiler. Throws an `Error` with the compiler's words when it
   * fails.
   */
  static compile(name: string, flags: readonly string[] = []): CProgram | undefined {
    const compiler = COMPILERS.find((one) => spawnSync(one, ['--version']).status === 0)
    if (compiler === undefined) return undefined
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-bench-'))
    process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
    const source = fileURLToPath(new URL(`../../c/${name}.c`, import.meta.url))
    const file = path.join(folder, name)
    execFileSync(compiler, [...FLAGS, source, ...flags, '-o', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    return new CProgram(file)
  }

  /** Runs it with the arguments; the number that it prints. Throws an `Error` when it fails or prints none. */
  run(args: readonly (string | number)[]): number {
    return this.numbers(args)[0]
  }

  /** The same for a program that prints several. */
  numbers(args: readonly (string | number)[]): number[] {
    const said = execFileSync(this.#file, args.map(String), { encoding: 'utf8' })
    const values = said.trim().split(/\s+/).map(Number)
    if (!values.every((value) => value > 0)) {
      throw new Error(`${path.basename(this.#file)} ${args.join(' ')} said ${said.trim()}`)
    }
    return values
  }
}
