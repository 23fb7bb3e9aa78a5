import { udpFrame } from './frames.js'
import { must, output } from './check.js'
import type { Check } from './check.js'
import { snmp } from './snmp.js'

const FRAMES = 50

/** What the device says of a received checksum is believed by the guest: so it must not say it of wrong ones. */
export const badChecksum: Check = {
  name: 'wrong checksums are noticed',
  run: async (bench) => {
    const wrong = async (bytes: Buffer): Promise<number> => {
      const before = await snmp(bench, 'Udp', 'InCsumErrors')
      for (let n = 0; n < FRAMES; n++) bench.peer.hub.inject(bytes)
      await output(bench, 'sleep 0.5')
      return (await snmp(bench, 'Udp', 'InCsumErrors')) - before
    }
    const good = await wrong(udpFrame())
    must(good === 0, `${good} of ${FRAMES} right checksums were taken for wrong`)
    const frame = udpFrame()
    frame[60] ^= 1
    const bad = await wrong(frame)
    must(bad === FRAMES, `${bad} of ${FRAMES} wrong checksums were noticed`)
    return `${FRAMES} right, ${FRAMES} wrong`
  },
}
