import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { Region } from './protocol.js'
import { Client } from './testing/client.js'
import { enable } from './testing/served-card.js'
import { accelerated } from './testing/ways.js'

test.each(['example', 'card-example', 'accelerated-example'])('the README shows the %s', (name) => {
  const source = fs.readFileSync(new URL(`testing/${name}.ts`, import.meta.url), 'utf8')
  const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  // As a user of the package writes it.
  expect(readme).toContain(
    `\`\`\`ts\n${source.replace("'../index.js'", "'@npa/vfio-user'").replace("'../koffi/index.js'", "'@npa/vfio-user/koffi'")}\`\`\``,
  )
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

accelerated('with koffi', ({ sender }) => {
  test('the example serves a vmxnet3', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
    const socket = path.join(folder, 'socket')
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const { argv } = process
    process.argv = [argv[0], 'accelerated-example', socket]
    try {
      await import('./testing/accelerated-example.js')
      const client = await Client.connect(socket, sender)
      await client.version()
      expect(await client.read32(Region.config, 0)).toBe(0x07b015ad)
      client.socket.destroy()
      await vi.waitFor(() => expect(log).toHaveBeenCalledWith('detached'))
    } finally {
      process.argv = argv
      process.emit('SIGTERM')
      log.mockRestore()
      fs.rmSync(folder, { recursive: true })
    }
  })
})

test('the card of the example gets virtual functions', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const { argv } = process
  process.argv = [argv[0], 'card-example', folder, path.join(folder, 'memory')]
  try {
    await import('./testing/card-example.js')
    expect(log.mock.lastCall?.join(' ')).toContain('"addr":"12.6"')
    const pf = await Client.connect(path.join(folder, 'pf'))
    await pf.version()
    await enable(pf, 4)
    expect(log).toHaveBeenCalledWith('pf', '4 virtual functions')
    const vf = await Client.connect(path.join(folder, 'vf3'))
    await vf.version()
    // VFMAILBOX: the driver of the physical function has not said that it is ready.
    expect(await vf.read32(0, 0x2fc)).toBe(0x40)
    for (const { socket } of [vf, pf]) socket.destroy()
    await vi.waitFor(() => expect(log).toHaveBeenCalledWith('pf', 'detached'))
  } finally {
    process.argv = argv
    process.emit('SIGTERM')
    log.mockRestore()
    fs.rmSync(folder, { recursive: true })
  }
})
