import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findMirror } from './mirror.js'

let etc = ''
beforeEach(() => {
  etc = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-etc-'))
  fs.mkdirSync(path.join(etc, 'sources.list.d'))
})
afterEach(() => fs.rmSync(etc, { recursive: true }))

const other = `Types: deb
URIs: https://other.test/node
Suites: nodistro
Components: main
`
const debian = `Types: deb
# a comment
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
`

test('the archive among other sources, in paragraphs', () => {
  fs.writeFileSync(path.join(etc, 'sources.list.d/a.sources'), other)
  fs.writeFileSync(path.join(etc, 'sources.list.d/debian.sources'), debian)
  expect(findMirror(etc, {}).uri).toBe('http://mirror.test/debian')
})

test('the same in lines, and not the security archive', () => {
  const lines = ['# deb http://old.test/debian bookworm main', 'deb http://sec.test/d trixie-security main']
  lines.push('deb [signed-by=/x arch=amd64] http://mirror.test/debian trixie main')
  fs.writeFileSync(path.join(etc, 'sources.list'), lines.join('\n'))
  expect(findMirror(etc, {}).uri).toBe('http://mirror.test/debian')
})

test('the environment wins, and nothing at all is said so', () => {
  expect(findMirror(etc, { NPA_DEBIAN_MIRROR: 'http://mine.test' }).uri).toBe('http://mine.test')
  fs.writeFileSync(path.join(etc, 'sources.list.d/a.sources'), other)
  expect(() => findMirror(etc, {})).toThrow('no Debian mirror')
})
