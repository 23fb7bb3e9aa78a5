import { expect, test } from 'vitest'
import { cpio } from './cpio.js'

/** Reads a newc archive as the kernel does. */
function entries(archive: Buffer): { name: string; mode: number; body: string }[] {
  const found: { name: string; mode: number; body: string }[] = []
  const padded = (at: number): number => Math.ceil(at / 4) * 4
  for (let at = 0; ;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701')
    const field = (n: number): number => parseInt(archive.toString('latin1', at + 6 + 8 * n, at + 14 + 8 * n), 16)
    const name = archive.toString('latin1', at + 110, at + 110 + field(11) - 1)
    const body = padded(at + 110 + field(11))
    if (name === 'TRAILER!!!') return found
    found.push({ name, mode: field(1), body: archive.toString('latin1', body, body + field(6)) })
    at = padded(body + field(6))
  }
}

test('files, programs and links, each behind its folders, which stand there once', () => {
  const archive = cpio([
    { name: 'tmp', kind: 'folder' },
    { name: 'init', kind: 'program', body: 'abc' },
    { name: 'lib/modules/x.ko', kind: 'file', body: Uint8Array.of(65, 66) },
    { name: 'lib/y', kind: 'link', body: 'modules/x.ko' },
  ])
  expect(entries(archive)).toEqual([
    { name: 'tmp', mode: 0o40755, body: '' },
    { name: 'init', mode: 0o100755, body: 'abc' },
    { name: 'lib', mode: 0o40755, body: '' },
    { name: 'lib/modules', mode: 0o40755, body: '' },
    { name: 'lib/modules/x.ko', mode: 0o100644, body: 'AB' },
    { name: 'lib/y', mode: 0o120777, body: 'modules/x.ko' },
  ])
})
