import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { Region } from './protocol.js'
import { Client } from './testing/client.js'

/** The file as a user of the package writes it. */
const example = fs
  .readFileSync(new URL('testing/example.ts', import.meta.url), 'utf8')
  .replace("'../index.js'", "'@npa/vfio-user'")

test('the README shows the example', () => {
  const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``)
})

test('the example serves a vmxnet3', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
  const socket = path.join(folder, 'socket')
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const { argv } = process
  process.argv = [argv[0], 'example', socket, path.join(folder, 'memory')]
  try {
    await import('./testing/example.js')
    const client = await Client.connect(socket)
    await client.version()
    expect(await client.read32(Region.config, 0)).toBe(0x07b015ad)
    expect(log).toHaveBeenCalledWith('attached')
    client.socket.destroy()
    await vi.waitFor(() => expect(log).toHaveBeenCalledWith('detached'))
  } finally {
    process.argv = argv
    process.emit('SIGTERM')
    log.mockRestore()
    fs.rmSync(folder, { recursive: true })
  }
})
