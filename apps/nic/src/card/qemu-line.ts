import type { Description } from './description.js'

/** QEMU's command line for a guest with the card, to be pasted into a shell; the disk is the user's. */
export function qemuLine({ memory, qemu }: Pick<Description, 'memory' | 'qemu'>, memoryMib: number): string {
  // A comma ends a value of QEMU's options unless it is doubled.
  const parts = [
    `qemu-system-x86_64 -accel tcg -m ${memoryMib} -M q35,memory-backend=mem`,
    memory === null
      ? `-object memory-backend-memfd,id=mem,size=${memoryMib}M,share=on`
      : `-object memory-backend-file,id=mem,size=${memoryMib}M,share=on,mem-path=${quoted(memory.replaceAll(',', ',,'))}`,
  ]
  for (let n = 0; n < qemu.length; n += 2) parts.push(`${qemu[n]} ${quoted(qemu[n + 1])}`)
  parts.push('-drive file=YOUR-DISK.qcow2,if=virtio')
  return parts.join(' \\\n  ')
}

/** A word of a shell's command line. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
