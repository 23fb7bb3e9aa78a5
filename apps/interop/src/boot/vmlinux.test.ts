import zlib from 'node:zlib'
import { expect, test } from 'vitest'
import { modinfo } from './modules.js'
import { vmlinux } from './vmlinux.js'

/** A bzImage: 4 sectors of setup, 16 bytes, the kernel, its length. */
function image(kernel: Buffer): Buffer {
  const payload = Buffer.concat([zlib.gzipSync(kernel), Buffer.alloc(4)])
  const bytes = Buffer.alloc(5 * 512 + 16)
  bytes[0x1f1] = 4
  bytes.write('HdrS', 0x202)
  bytes.writeUInt32LE(16, 0x248)
  bytes.writeUInt32LE(payload.length, 0x24c)
  return Buffer.concat([bytes, payload, Buffer.alloc(100, 7)])
}

test('the kernel is where the setup header says', () => {
  const kernel = Buffer.from('\x7fELF and more')
  expect(vmlinux(image(kernel))).toEqual(kernel)
})

test('what is no kernel is said so', () => {
  expect(() => vmlinux(Buffer.alloc(5000))).toThrow('no bzImage')
  expect(() => vmlinux(image(Buffer.from('other')))).toThrow('no ELF')
})

test('fields of a module', () => {
  const elf = Buffer.from('\x7fELF....\0license=GPL\0alias=a\0depends=mii,x-y\0alias=b\0')
  expect(modinfo(elf, 'depends')).toEqual(['mii,x-y'])
  expect(modinfo(elf, 'alias')).toEqual(['a', 'b'])
  expect(modinfo(elf, 'firmware')).toEqual([])
})
