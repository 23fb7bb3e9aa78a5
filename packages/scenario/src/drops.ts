import type { Counters } from '@npa/core'

/** What counts, and by which rules its counters are read. */
export interface CountedComponent {
  /** Prefix in reports. */
  readonly name: string
  readonly kind: keyof typeof DROPS
  readonly counters: Counters
}

/** Losses that both cards name alike. */
const CARD = {
  'drop.bufferFull': 'MPC',
  'drop.macSpoof': 'SSVPC.mac',
  'drop.vlanSpoof': 'SSVPC.vlan',
  'drop.oversize': 'ROC',
  'drop.undersize': 'RUC',
  'drop.linkDown': 'linkDown',
  'drop.wireUnfinished': 'wireUnfinished',
  'drop.receiveOff': 'RXEN.off',
  'drop.poolDisabled': 'VFRE.off',
  'drop.queueOff': 'RXDCTL.off',
  'drop.queueStopped': 'queueStopped',
  'drop.reset': 'reset',
} as const

/**
 * The counters that stand for a lost copy of a frame, by kind of component, under the name that the hardware's statistics, the UPT
 * statistics or our own host's give the loss.
 */
const DROPS = {
  'intel-82599': { 'drop.noDescriptor': 'QPRDC', ...CARD },
  'intel-82576': { 'drop.noDescriptor': 'RQDPC', ...CARD },
  vmxnet3: {
    pktsRxOutOfBuf: 'pktsRxOutOfBuf',
    pktsRxError: 'pktsRxError',
    rxNotReady: 'rxNotReady',
    pktsTxError: 'pktsTxError',
    pktsTxDiscard: 'pktsTxDiscard',
    txDiscardedAtStop: 'txDiscardedAtStop',
  },
  host: {
    switchHoldOverflow: 'holdOverflow',
    switchFloodAmbiguous: 'floodAmbiguous',
    switchPortNotReady: 'portNotReady',
    vfTxUnfetched: 'vfTxUnfetched',
    vfRxUntaken: 'vfRxUntaken',
  },
  link: {},
  cable: {
    'drop.wireUnfinished': 'wireUnfinished',
    'drop.undersize': 'undersize',
    'drop.oversize': 'oversize',
    'drop.garbled': 'garbled',
  },
  stack: {
    'rx.dropped.malformed': 'rx.dropped.malformed',
    'rx.dropped.checksum': 'rx.dropped.checksum',
    'tx.dropped.queueFull': 'tx.dropped.queueFull',
  },
} as const

/** All drop counters of a run by component and name. */
export function collectDrops(components: readonly CountedComponent[]): Record<string, number> {
  const drops: Record<string, number> = {}
  for (const { name, kind, counters } of components) {
    for (const [own, reported] of Object.entries(DROPS[kind])) drops[`${name}.${reported}`] = counters.get(own)
  }
  return drops
}
