import type { PciFunction } from './pci-function.js'

/** Everything that a function does, done by `fn`: what a wrapper does not override. */
export function through(fn: PciFunction): PciFunction {
  return {
    configRead: (offset, size) => fn.configRead(offset, size),
    configWrite: (offset, size, value) => fn.configWrite(offset, size, value),
    barRead: (bar, offset, size) => fn.barRead(bar, offset, size),
    barWrite: (bar, offset, size, value) => fn.barWrite(bar, offset, size, value),
    attach: (dma, msi, vfsChanged) => fn.attach(dma, msi, vfsChanged),
    reset: (kind) => fn.reset(kind),
  }
}

/**
 * A physical function whose virtual ones are wrapped: whoever it is plugged into sees `wrap(fn, vf)` in place of virtual function `vf`. Each
 * is wrapped once, when it first appears, and stays the same object.
 */
export function wrapVirtual(pf: PciFunction, wrap: (fn: PciFunction, vf: number) => PciFunction): PciFunction {
  const wrapped: PciFunction[] = []
  return {
    ...through(pf),
    attach: (dma, msi, vfsChanged) =>
      pf.attach(dma, msi, (vfs) => {
        for (let vf = wrapped.length; vf < vfs.length; vf++) wrapped.push(wrap(vfs[vf], vf))
        vfsChanged(wrapped.slice(0, vfs.length))
      }),
  }
}
