import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const COMPILERS = ['cc', 'gcc', 'clang']
const FLAGS = ['-O3', '-march=native', '-std=c11', '-Wall', '-Wextra', '-Werror']

/** A C program of this package, compiled for this machine. */
export class CProgram {
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /** Compiles `c/NAME.c`; undefined where there is no compiler. Throws an `Error` with the compiler's words when it fails. */
  static compile(name: string): CProgram | undefined {
    const compiler = COMPILERS.find((one) => spawnSync(one, ['--version']).status === 0)
    if (compiler === undefined) return undefined
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-bench-'))
    process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
    const source = fileURLToPath(new URL(`../../c/${name}.c`, import.meta.url))
    const file = path.join(folder, name)
    execFileSync(compiler, [...FLAGS, source, '-o', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    return new CProgram(file)
  }

  /** Runs it with the arguments; the number that it prints. Throws an `Error` when it fails or prints none. */
  run(args: readonly (string | number)[]): number {
    const said = execFileSync(this.#file, args.map(String), { encoding: 'utf8' })
    const value = Number(said)
    if (!(value > 0)) throw new Error(`${path.basename(this.#file)} ${args.join(' ')} said ${said.trim()}`)
    return value
  }
}
