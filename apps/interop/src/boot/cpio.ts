/** What a file of the archive is. */
export interface CpioEntry {
  /** Path without a leading slash. */
  readonly name: string
  readonly kind: 'file' | 'program' | 'folder' | 'link'
  /** Content, or the link's target. */
  readonly body?: Uint8Array | string
}

const MODE = { file: 0o100644, program: 0o100755, folder: 0o40755, link: 0o120777 } as const

/**
 * A newc archive as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst): a header of 110 characters,
 * name and body, each padded to 4 bytes. Folders must stand before what is in them; those that are missing are put in.
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const chunks: Buffer[] = []
  const known = new Set<string>()
  let inode = 1
  const add = (name: string, mode: number, body: Buffer): void => {
    const path = Buffer.from(`${name}\0`)
    const fields = [inode++, mode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, path.length, 0]
    const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
    chunks.push(header, path, padding(header.length + path.length), body, padding(body.length))
  }
  const folder = (name: string): void => {
    if (name === '' || known.has(name)) return
    folder(parent(name))
    known.add(name)
    add(name, MODE.folder, Buffer.alloc(0))
  }
  for (const { name, kind, body = '' } of entries) {
    if (kind === 'folder') folder(name)
    else {
      folder(parent(name))
      add(name, MODE[kind], Buffer.from(body))
    }
  }
  add('TRAILER!!!', 0, Buffer.alloc(0))
  return Buffer.concat(chunks)
}

function parent(name: string): string {
  return name.slice(0, Math.max(name.lastIndexOf('/'), 0))
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4)
}
