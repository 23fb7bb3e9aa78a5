import fs from 'node:fs'
import path from 'node:path'
import { libraryPath, loaderOf } from '../boot/libraries.js'

/**
 * A program in `folder` that runs the unpacked QEMU with its own loader, libraries and modules, its processor and its clock standing
 * still: time passes when qtest says so.
 */
export function qemuWrapper(qemu: string, folder: string): string {
  const file = path.join(folder, 'qemu')
  const modules = path.join(qemu, 'usr/lib/x86_64-linux-gnu/qemu')
  const command = [loaderOf(qemu), '--library-path', libraryPath(qemu), path.join(qemu, 'usr/bin/qemu-system-x86_64')]
  const words = [...command, '-L', path.join(qemu, 'usr/share/qemu'), '-accel', 'qtest'].map(quoted).join(' ')
  fs.writeFileSync(file, `#!/bin/sh\nQEMU_MODULE_DIR=${quoted(modules)} exec ${words} "$@"\n`, { mode: 0o700 })
  return file
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
