import type { FaultKind } from '../fault-kind.js'
import { bufferExhaustion, eepromChecksum, functionReset, surpriseRemoval } from './card.js'
import { descriptorError, maliciousDriver } from './descriptors.js'
import { interruptLost, interruptSpurious } from './interrupts.js'
import { linkDown } from './link.js'
import { mailboxGarbage, mailboxNack, mailboxSilent } from './mailbox.js'
import { writeBackDelayed, writeBackReordered } from './write-backs.js'

/** Every way to fail. */
export const FAULT_KINDS = [
  linkDown,
  mailboxSilent,
  mailboxNack,
  mailboxGarbage,
  interruptLost,
  interruptSpurious,
  writeBackDelayed,
  writeBackReordered,
  descriptorError,
  maliciousDriver,
  bufferExhaustion,
  eepromChecksum,
  surpriseRemoval,
  functionReset,
] as const

/** A kind by its name. */
export function kindOf(name: string): FaultKind<Record<string, never>> | undefined {
  return FAULT_KINDS.find((kind) => kind.name === name) as unknown as FaultKind<Record<string, never>> | undefined
}
