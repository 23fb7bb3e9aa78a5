import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { QemuMissingError, QtestError } from './errors.js'
import { findQemu, Qemu, qemuVersion } from './qemu.js'
import { describeWithQemu } from './testing/with-qemu.js'
import { until } from './testing/run-until.js'

const options = { memoryMib: 32, nic: 'vmxnet3', receive: () => undefined }

// A folder of our own for QEMU's files: other tests run at the same time.
const temporary = process.env.TMPDIR
let own = ''
beforeEach(() => {
  own = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-own-'))
  process.env.TMPDIR = own
})
afterEach(() => {
  if (temporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = temporary
  fs.rmSync(own, { recursive: true })
})

/** Whether a process has `text` on its command line. */
function running(text: string): boolean {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text)
      } catch {
        return false
      }
    })
}

test('where there is no QEMU, the error says what to install', () => {
  expect(findQemu('/nonexistent')).toBeUndefined()
  expect(() => qemuVersion('/nonexistent/qemu')).toThrow(QemuMissingError)
})

test('a binary that is not there ends the start, and nothing is left', async () => {
  await expect(Qemu.start({ ...options, binary: '/nonexistent/qemu' })).rejects.toThrow('ENOENT')
  expect(fs.readdirSync(own)).toEqual([])
})

describeWithQemu('QEMU', () => {
  test('has a version', () => {
    expect(qemuVersion(findQemu() ?? '')).toMatch(/^\d+\.\d+/)
  })

  test('starts, answers, and leaves nothing behind', async () => {
    const qemu = await Qemu.start(options)
    qemu.qtest.writel(0x200000, 0xcafe)
    expect(qemu.qtest.readl(0x200000)).toBe(0xcafe)
    expect(running(own)).toBe(true)
    await qemu.close()
    expect(running(own)).toBe(false)
    expect(fs.readdirSync(own)).toEqual([])
  })

  test('ends with the process that started it', async () => {
    const listeners = process.listeners('exit')
    const qemu = await Qemu.start(options)
    const [atExit] = process.listeners('exit').filter((listener) => !listeners.includes(listener))
    atExit.call(process, 0)
    expect(fs.readdirSync(own)).toEqual([])
    await until(() => !running(own), 'the end of QEMU')
    expect(qemu.cable).toBeDefined()
  })

  test('says in its own words why it did not start', async () => {
    await expect(Qemu.start({ ...options, nic: 'no-such-nic' })).rejects.toThrow("'no-such-nic' is not a valid device")
    expect(fs.readdirSync(own)).toEqual([])
  })

  test('a QEMU that dies is an error of the command it died of, not a wait without end', async () => {
    const qemu = await Qemu.start(options)
    const fatal = (): number => qemu.qtest.readl(Number.NaN)
    expect(fatal).toThrow(QtestError)
    expect(fatal).toThrow(/QEMU has ended/)
    await qemu.close()
  })

  test('refuses commands it does not know', async () => {
    const qemu = await Qemu.start(options)
    expect(() => qemu.qtest.clockStep(1)).toThrow("Unknown command 'clock_step'")
    await qemu.close()
  })
})
