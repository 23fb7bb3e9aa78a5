import fs from 'node:fs'
import path from 'node:path'

/** Opens a file for writing and leaves it as it was. Throws an `Error` that says why it cannot be written. */
export function tryFile(file: string): void {
  const there = fs.existsSync(file)
  try {
    fs.closeSync(fs.openSync(file, 'a'))
    if (!there) fs.unlinkSync(file)
  } catch (error) {
    throw unwritable(file, error)
  }
}

/**
 * Makes a folder, and those above it, if they are not there, and puts something into it for a moment. Throws an `Error` that says why
 * that cannot be done. One folder at a time: on some file systems Node's recursive mkdir does not come back.
 */
export function tryFolder(folder: string): void {
  try {
    make(path.resolve(folder))
    fs.rmdirSync(fs.mkdtempSync(path.join(folder, '.try-')))
  } catch (error) {
    throw unwritable(folder, error)
  }
}

function make(folder: string): void {
  if (fs.existsSync(folder)) return
  make(path.dirname(folder))
  fs.mkdirSync(folder)
}

function unwritable(what: string, cause: unknown): Error {
  return new Error(`cannot write ${what}: ${cause instanceof Error ? cause.message : String(cause)}`)
}
