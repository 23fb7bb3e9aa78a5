import { describe } from 'vitest'
import { findQemu, QEMU_MISSING } from '../qemu.js'

if (findQemu() === undefined) console.warn(`\nSKIPPED, our drivers on QEMU's devices: ${QEMU_MISSING}\n`)

/** A suite that needs QEMU; where there is none it is skipped, and a line says why. */
export const describeWithQemu: typeof describe.skip = describe.skipIf(findQemu() === undefined)
