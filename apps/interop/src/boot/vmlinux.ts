import { spawnSync } from 'node:child_process'
import zlib from 'node:zlib'
import { Unavailable } from '../unavailable.js'

const MOST_BYTES = 1 << 28

/** Offsets in the setup header of a bzImage (Documentation/arch/x86/boot.rst). */
const Setup = { sectors: 0x1f1, magic: 0x202, payloadOffset: 0x248, payloadLength: 0x24c } as const
const HDRS = 0x53726448

/**
 * The ELF kernel inside a bzImage, for QEMU to boot by PVH, which skips the decompressor. Throws `Unavailable` when the image is
 * not one, or no program here unpacks it.
 */
export function vmlinux(image: Buffer): Buffer {
  if (image.length < 0x260 || image.readUInt32LE(Setup.magic) !== HDRS)
    throw new Unavailable('the kernel is no bzImage')
  const start = (image[Setup.sectors] + 1) * 512 + image.readUInt32LE(Setup.payloadOffset)
  // Behind the compressed kernel stands its plain length, 4 bytes.
  const payload = image.subarray(start, start + image.readUInt32LE(Setup.payloadLength) - 4)
  const elf = decompress(payload)
  if (elf.length < 4 || elf.readUInt32BE(0) !== 0x7f454c46) throw new Unavailable('the kernel unpacks to no ELF file')
  return elf
}

/** A gzip, xz or zstd stream, told by its magic number; anything else as it is. */
export function decompress(bytes: Buffer): Buffer {
  if (bytes.subarray(0, 2).equals(Buffer.of(0x1f, 0x8b))) return zlib.gunzipSync(bytes)
  if (bytes.subarray(0, 6).equals(Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0))) return through('xz', bytes)
  if (bytes.subarray(0, 4).equals(Buffer.of(0x28, 0xb5, 0x2f, 0xfd))) return through('zstd', bytes)
  return bytes
}

function through(program: string, input: Buffer): Buffer {
  const done = spawnSync(program, ['-dcq'], { input, maxBuffer: MOST_BYTES })
  if (done.error !== undefined) throw new Unavailable(`${program}: ${done.error.message}: install it`)
  if (done.stdout.length === 0) throw new Unavailable(`${program}: ${done.stderr.toString().trim()}`)
  return done.stdout
}
