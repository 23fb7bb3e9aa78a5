import type { Clock, Random } from '@npa/core'
import type { Arena } from '@npa/memory'
import type { z } from 'zod'
import type { FaultyFunction } from './faulty-function.js'

/** The port that a fault is at. */
export interface FaultyPort {
  setLink(on: boolean): void
  /** Puts a frame on the cable towards the card. */
  send(frame: Uint8Array): void
}

/** Where a fault is, and what it works with. */
export interface FaultPlace {
  readonly fn: FaultyFunction
  readonly port: FaultyPort
  readonly arena: Arena
  readonly clock: Clock
  /** A stream of its own. */
  readonly random: Random
  /** Told each time that it strikes. */
  readonly struck: () => void
}

/** A way to fail. */
export interface FaultKind<Parameters extends z.core.$ZodLooseShape> {
  readonly name: string
  /** One line for people. */
  readonly about: string
  /** Which functions it can be asked of: physical ones, virtual ones, any. */
  readonly of: 'pf' | 'vf' | 'any'
  /** It knows the registers and rings of Intel's chips: there is none for vmxnet3. */
  readonly intel?: true
  /** It happens at an instant, and has no duration. */
  readonly once?: true
  readonly parameters: Parameters
  /** Begins it; returns how to end it. */
  readonly start: (place: FaultPlace, parameters: z.output<z.ZodObject<Parameters, z.core.$strict>>) => () => void
}

/** A kind with its parameters forgotten, for lists of kinds. */
export function faultKind<Parameters extends z.core.$ZodLooseShape>(
  kind: FaultKind<Parameters>,
): FaultKind<Parameters> {
  return kind
}

/** Ends nothing: for faults of an instant. */
export function over(): void {
  // It is over as soon as it has happened.
}
