import type { StateIo } from '@npa/core'
import { I2cMemory } from '../engine/i2c-memory.js'
import type { RegisterFile } from '../engine/register-file.js'
import { MODULE_ADDRESS } from './sfp-module.js'

/** I2CCTL: what the lines are, and what the driver of the bus does with them. */
const I2c = { clockIn: 1, clockOut: 2, dataIn: 4, dataOut: 8 } as const
/** ESDP: pin 2 is low when the cage is empty, pin 3 turns the laser off; directions, one is an output, are eight bits up. */
const Esdp = { present: 1 << 2, presentOut: 1 << 10, laserOff: 1 << 3, laserOut: 1 << 11 } as const

/** The cage of the port: the I2C bus to its module and the pins (8.2.3.1.4, 8.2.3.1.5). */
export class Cage {
  readonly #file: RegisterFile
  readonly #memory: I2cMemory | undefined
  readonly #laser: (on: boolean) => void

  /** `module` is what the module says of itself, undefined when there is none or no cage; `laser` is told when it is turned on and off. */
  constructor(file: RegisterFile, module: Uint8Array | undefined, laser: (on: boolean) => void) {
    this.#file = file
    this.#memory = module && new I2cMemory(module, MODULE_ADDRESS)
    this.#laser = laser
    file.onWrite('I2CCTL', (_n, value) => this.#lines(value))
    file.onRead('ESDP', (_n, value) => {
      if (this.#memory === undefined || (value & Esdp.presentOut) !== 0) return value
      return value | Esdp.present
    })
    file.onWrite('ESDP', (_n, value) => this.#pins(value))
  }

  /** The port was reset: the bus is let go, the pins are as the EEPROM has them. */
  load(pins: number): void {
    this.#lines(I2c.clockOut | I2c.dataOut)
    this.#pins(pins)
  }

  /** How far the transfer on the bus is; pins are registers, the laser is the wire's. */
  walkState(io: StateIo): void {
    if (this.#memory !== undefined) io.part('module', (module) => this.#memory?.walkState(module))
  }

  /** A wire is low when one of those on it pulls it low. */
  #lines(value: number): void {
    const clock = (value & I2c.clockOut) !== 0
    const data = (value & I2c.dataOut) !== 0
    this.#memory?.lines(clock, data)
    const level = this.#memory?.data ?? data
    this.#file.set(
      'I2CCTL',
      0,
      (value & (I2c.clockOut | I2c.dataOut)) | (clock ? I2c.clockIn : 0) | (level ? I2c.dataIn : 0),
    )
  }

  #pins(value: number): void {
    this.#file.set('ESDP', 0, value)
    this.#laser((value & Esdp.laserOut) === 0 || (value & Esdp.laserOff) === 0)
  }
}
