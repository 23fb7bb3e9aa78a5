import { must, output } from './check.js'
import type { Check } from './check.js'
import { echo } from './echo.js'

/** The driver of an Intel chip reads its registers, and it goes on working. */
export const ethtoolD: Check = {
  name: 'ethtool -d',
  run: async (bench) => {
    const said = await output(bench, 'ethtool -d eth0')
    must(/CTRL/.test(said) && /RAL00?/.test(said), said)
    await echo(bench, 5)
    return `${said.split('\n').length} lines; traffic goes on`
  },
}
