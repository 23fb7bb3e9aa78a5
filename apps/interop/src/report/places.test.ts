import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tryFile, tryFolder } from './places.js'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-places-'))
const at = (name: string): string => path.join(home, name)
afterAll(() => fs.rmSync(home, { recursive: true }))

test('a file that can be written is left as it was, there or not', () => {
  tryFile(at('new'))
  expect(fs.existsSync(at('new'))).toBe(false)
  fs.writeFileSync(at('old'), 'kept')
  tryFile(at('old'))
  expect(fs.readFileSync(at('old'), 'utf8')).toBe('kept')
})

test('a file that cannot be written is named, with the reason', () => {
  expect(() => tryFile(at('nowhere/x.json'))).toThrow(/cannot write .*x\.json: ENOENT/)
  expect(() => tryFile(home)).toThrow(/cannot write .*EISDIR/)
})

test('a folder is made with those above it, and is empty', () => {
  tryFolder(at('a/b/c'))
  expect(fs.readdirSync(at('a/b/c'))).toEqual([])
})

test('a folder that cannot be made is named, at once', () => {
  fs.writeFileSync(at('file'), '')
  expect(() => tryFolder(at('file/below'))).toThrow(/cannot write .*below/)
  expect(() => tryFolder('/proc/nobody/below')).toThrow(/cannot write \/proc\/nobody\/below/)
})
