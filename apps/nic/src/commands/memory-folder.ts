import fs from 'node:fs'

/** Where a guest's memory goes by itself: a file system in memory where there is one, else `fallback`. */
export function memoryFolder(fallback: string): string {
  return fs.existsSync('/dev/shm') ? '/dev/shm' : fallback
}
