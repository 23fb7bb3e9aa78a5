import { time } from '@npa/scenario'
import { faultKind } from '../fault-kind.js'

/** The cable is pulled; with `flap` put back and pulled again. */
export const linkDown = faultKind({
  name: 'link-down',
  about: 'the cable is pulled at the card; with flap=TIME it goes in and out, a TIME each',
  of: 'pf',
  parameters: { flap: time('1 ms', '60 s').optional() },
  start: ({ port, clock, struck }, { flap }) => {
    let on = false
    const turn = (): void => {
      port.setLink(on)
      struck()
      on = !on
      if (flap !== undefined) timer.arm(clock.nowNs() + flap)
    }
    const timer = clock.timer('link', turn)
    turn()
    return () => {
      timer.cancel()
      port.setLink(true)
    }
  },
})
