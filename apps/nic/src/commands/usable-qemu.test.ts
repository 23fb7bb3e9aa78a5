import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder } from '../testing/command.js'
import { usableQemu } from './usable-qemu.js'

test.each([
  ['echo nothing', 'tells no version'],
  ['echo QEMU emulator version 7.2.22', '7.2.22 is too old'],
  ['[ "$1" = --version ] && echo another version 14.0.6', '14.0.6 was built without vfio-user-pci'],
])('%s: no QEMU for the card', async (script, why) => {
  const program = join(emptyFolder(), 'program')
  writeFileSync(program, `#!/bin/sh\n${script}\n`)
  chmodSync(program, 0o755)
  expect(await usableQemu(program)).toEqual({ why: `${program} ${why}` })
})
