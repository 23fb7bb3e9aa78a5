import fs from 'node:fs'
import path from 'node:path'
import { loaderOf, libraryPath } from './libraries.js'

/** A guest to boot. */
export interface MachineOptions {
  /** The folder of an unpacked QEMU, or the path of a program. */
  readonly qemu: string
  readonly kernel: string
  readonly initrd: string
  /** Where the guest's RAM lies, a file that a device in another process can open; undefined: nowhere, its descriptor is sent to the devices. */
  readonly memory: string | undefined
  readonly memoryMib: number
  readonly processors: number
  /** Unix socket of the second serial line; somebody listens there. */
  readonly control: string
  /** File that the kernel's console goes to. */
  readonly console: string
  readonly token: string
  /** Linux's reboot boots again; otherwise it is the end. */
  readonly reboots: boolean
  /** The devices. */
  readonly arguments: readonly string[]
}

/** Kernel parameters: quiet, no clock checks that a slow emulator fails, end at a panic. */
const PARAMETERS = 'console=ttyS0 panic=-1 quiet loglevel=5 tsc=reliable mitigations=off nokaslr no_timer_check'

/** How QEMU is called. */
interface Call {
  readonly file: string
  readonly args: string[]
  readonly env: NodeJS.ProcessEnv
}

/** Program, arguments and environment of a QEMU that boots the guest. */
export function machine(options: MachineOptions): Call {
  const { qemu, memoryMib } = options
  const { file, args, env } = fs.statSync(qemu).isDirectory()
    ? unpacked(qemu)
    : { file: qemu, args: [], env: process.env }
  args.push('-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', String(options.processors), '-m', String(memoryMib))
  args.push('-M', 'q35,memory-backend=mem')
  // A comma ends a value unless it is doubled.
  const backend = options.memory === undefined ? 'memfd' : `file,mem-path=${options.memory.replaceAll(',', ',,')}`
  args.push('-object', `memory-backend-${backend},id=mem,size=${memoryMib}M,share=on`)
  args.push('-nodefaults', '-display', 'none')
  if (!options.reboots) args.push('-no-reboot')
  args.push('-chardev', `file,id=console,path=${options.console}`, '-serial', 'chardev:console')
  args.push('-chardev', `socket,id=control,path=${options.control}`, '-serial', 'chardev:control')
  args.push('-kernel', options.kernel, '-initrd', options.initrd)
  args.push('-append', `${PARAMETERS} npa.token=${options.token}`, ...options.arguments)
  return { file, args, env }
}

/** A QEMU out of an unpacked tree: its own loader, libraries, firmware and modules. */
function unpacked(root: string): Call {
  const firmware = ['usr/share/qemu', 'usr/share/seabios', 'usr/lib/ipxe/qemu'].map((name) => path.join(root, name))
  const args = ['--library-path', libraryPath(root), path.join(root, 'usr/bin/qemu-system-x86_64')]
  args.push(...firmware.flatMap((folder) => ['-L', folder]))
  const env = { ...process.env, QEMU_MODULE_DIR: path.join(root, 'usr/lib/x86_64-linux-gnu/qemu') }
  return { file: loaderOf(root), args, env }
}

/** A folder in memory where there is one. */
export function memoryFolder(fallback: string): string {
  return fs.existsSync('/dev/shm') ? '/dev/shm' : fallback
}
