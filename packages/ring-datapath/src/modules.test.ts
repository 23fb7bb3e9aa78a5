import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'

const assembler = fileURLToPath(new URL('../../../tools/wat/main.mjs', import.meta.url))

test.each(['kernels/copy.wat', 'spsc/ring.wat'])('the module of %s is that of its text', (file) => {
  execFileSync(process.execPath, [assembler, fileURLToPath(new URL(file, import.meta.url)), '--check'])
})
