import { readFileSync } from 'node:fs'

/** A capture of the repository's `fixtures` folder. Not a Buffer: its `slice` would be a view. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../../fixtures/${name}`, import.meta.url)))
}
