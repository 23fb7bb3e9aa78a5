import { mkdirSync, realpathSync, rmdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { OutputFile } from './output-file.js'
import { reason, UserError } from './user-error.js'

/** The files of a run: all of them appear, or none. */
export class OutputFiles {
  readonly #files: OutputFile[] = []
  /** What stands at a path that nothing else may be written to. */
  readonly #taken = new Map<string, string>()
  /** Folders made for this run, outermost first. */
  readonly #folders: string[] = []

  /** Files that a run reads are not written over. */
  protect(path: string, what: string): void {
    this.#taken.set(real(path), what)
  }

  /** Throws a `UserError` that starts with `option` when the file cannot be written. */
  open(option: string, path: string): OutputFile {
    const label = `${option} ${path}`
    if (path === '') throw new UserError(`${option}: expected the name of a file`)
    const place = real(path)
    const other = this.#taken.get(place)
    if (other !== undefined) throw new UserError(`${label}: ${other} has this name`)
    this.#taken.set(place, `what ${option} writes`)
    const file = new OutputFile(label, place)
    this.#files.push(file)
    return file
  }

  /** Makes a folder if need be; it goes again when the files are discarded. */
  folder(option: string, path: string): void {
    if (path === '') throw new UserError(`${option}: expected the name of a folder`)
    try {
      const outermost = mkdirSync(path, { recursive: true })
      if (outermost === undefined) return
      const end = resolve(outermost)
      for (let at = resolve(path); at.length >= end.length; at = dirname(at)) this.#folders.unshift(at)
    } catch (error) {
      throw new UserError(`${option} ${path}: cannot be made a folder: ${reason(error, 'folder')}`)
    }
  }

  commit(): void {
    while (this.#files.length > 0) this.#files.shift()?.commit()
    this.#folders.length = 0
  }

  /** Nothing is left of what was not committed. */
  discard(): void {
    for (const file of this.#files.splice(0)) file.discard()
    for (const folder of this.#folders.splice(0).reverse()) {
      try {
        rmdirSync(folder)
      } catch {
        return // somebody has put something there: it stays
      }
    }
  }
}

/** The one name of a file that may be reached by many: without links, whether it exists or will. */
function real(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    try {
      return join(realpathSync.native(dirname(path)), basename(path))
    } catch {
      return resolve(path)
    }
  }
}
