import { Bar, MAX_TX_QUEUES, MAX_VECTORS, Pt, Vd } from '@npa/vmxnet3-spec'

const DATA = new Map<number, string>()
for (let n = 0; n < MAX_VECTORS; n++) DATA.set(Pt.imr + n * Pt.stride, `IMR(${n})`)
for (let n = 0; n < MAX_TX_QUEUES; n++) {
  DATA.set(Pt.txProd + n * Pt.stride, `TXPROD(${n})`)
  DATA.set(Pt.rxProd + n * Pt.stride, `RXPROD(${n})`)
  DATA.set(Pt.rxProd2 + n * Pt.stride, `RXPROD2(${n})`)
}

const CONTROL = new Map<number, string>(Object.entries(Vd).map(([name, at]) => [at, name.toUpperCase()]))

/** Names of vmxnet3's registers, by BAR and offset. */
export function namesVmxnet3(bar: number, offset: number): string | undefined {
  if (bar === Bar.data) return DATA.get(offset)
  return bar === Bar.control ? CONTROL.get(offset) : undefined
}
