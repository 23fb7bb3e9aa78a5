import { Header } from '@npa/pci'
import type { PciFunction } from '@npa/pci'

const ONES = [0, 0xff, 0xffff, 0, 0xffffffff]

/**
 * What the card's own machine sees of a virtual function that it has handed to another one: configuration space to read, so that it can
 * count its functions. All else is the other machine's: registers read as of nobody, transfers and interrupts go there, and only it resets.
 */
export function handedFunction(fn: PciFunction): PciFunction {
  return {
    configRead: (offset, size) => fn.configRead(offset, size),
    configWrite: nothing,
    barRead: (_bar, _offset, size) => ONES[size],
    barWrite: nothing,
    attach: nothing,
    reset: nothing,
  }
}

/**
 * The same function as the other machine has it: a device by itself. The identification that SR-IOV keeps in the physical function (a virtual one's
 * reads as of nobody) is put where every device has its own, as a host does for its guest.
 */
export function deviceOfItsOwn(fn: PciFunction, vendor: number, device: number): PciFunction {
  const who = ((device << 16) | vendor) >>> 0
  return {
    configRead: (offset, size) =>
      offset < Header.command ? ((who >>> (8 * offset)) & ONES[size]) >>> 0 : fn.configRead(offset, size),
    configWrite: (offset, size, value) => fn.configWrite(offset, size, value),
    barRead: (bar, offset, size) => fn.barRead(bar, offset, size),
    barWrite: (bar, offset, size, value) => fn.barWrite(bar, offset, size, value),
    attach: (dma, msi, vfsChanged) => fn.attach(dma, msi, vfsChanged),
    reset: (kind) => fn.reset(kind),
  }
}

function nothing(): void {
  /* it is not this machine's */
}
