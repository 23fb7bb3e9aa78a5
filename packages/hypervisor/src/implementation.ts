import { Implementation } from '@npa/vmxnet3-spec'
import type { Mode } from './mode-machine.js'

/** Where the guest is told that its device stands, in each of the hypervisor's modes: an `Implementation`. */
export function implementationOf(mode: Mode): number {
  switch (mode) {
    case 'offered':
    case 'initialising':
      return Implementation.offered
    case 'ready':
    case 'activating':
    case 'settling':
      return Implementation.ready
    case 'passthrough':
    case 'leaving':
    case 'quiescing':
    case 'flushing':
      return Implementation.passthrough
    case 'quiesced':
      return Implementation.quiesced
    case 'revoked':
      return Implementation.revoked
    default:
      return Implementation.emulated
  }
}
