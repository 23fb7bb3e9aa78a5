import { z } from 'zod'
import { faultKind, over } from '../fault-kind.js'

/** The word that completes the EEPROM's sum (82599 datasheet 6.2.4, 82576 6.2.24). */
const CHECKSUM_WORD = 0x3f
/** Where EERD has the address. */
const ADDRESS_SHIFT = 2
const ADDRESS_MASK = 0x3fff
/** The upper half is the word. */
const WRONG = 0x55550000

export const eepromChecksum = faultKind({
  name: 'eeprom-checksum',
  intel: true,
  about: "the EEPROM's checksum does not agree",
  of: 'pf',
  parameters: {},
  start: ({ fn, struck }) =>
    fn.install({
      read: (bar, offset, _size, value) => {
        if (bar !== 0 || offset !== fn.view?.eerd) return value
        if (((value >>> ADDRESS_SHIFT) & ADDRESS_MASK) !== CHECKSUM_WORD) return value
        struck()
        return (value ^ WRONG) >>> 0
      },
    }),
})

/** The function is gone until the fault ends, or a new guest comes. */
export const surpriseRemoval = faultKind({
  name: 'surprise-removal',
  about: 'the function is gone from the bus: every read is all ones, nothing it does arrives',
  of: 'any',
  parameters: {},
  start: ({ fn, struck }) => {
    fn.removed = true
    struck()
    return () => {
      fn.removed = false
    }
  },
})

export const functionReset = faultKind({
  name: 'function-reset',
  intel: true,
  about: "the function is reset behind its driver's back: how=register (its own software reset) or how=flr",
  of: 'any',
  once: true,
  parameters: { how: z.enum(['register', 'flr']).default('register') },
  start: ({ fn, struck }, { how }) => {
    if (how === 'flr') fn.fn.reset('function')
    else fn.inner.barWrite(0, 0, 4, fn.view?.resetBit ?? 0)
    struck()
    return over
  },
})

/** Longest frame of an MTU of 1500, and a type that nobody speaks (IEEE 802, local experimental). */
const STORM_FRAME = 1514
const STORM_TYPE = [0x88, 0xb5]

export const bufferExhaustion = faultKind({
  name: 'buffer-exhaustion',
  intel: true,
  about: 'broadcast frames come at one instant, times=N the size of the receive packet buffer',
  of: 'pf',
  once: true,
  parameters: { times: z.int().min(1).max(16).default(2) },
  start: ({ fn, port, struck }, { times }) => {
    const frame = new Uint8Array(STORM_FRAME).fill(0xff, 0, 6)
    frame.set([2, 0, 0, 0, 0, 0xee, ...STORM_TYPE], 6)
    const frames = Math.ceil((times * (fn.view?.packetBuffer ?? 0)) / STORM_FRAME)
    for (let n = 0; n < frames; n++) port.send(frame)
    struck()
    return over
  },
})
