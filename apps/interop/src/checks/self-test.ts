import { must, output } from './check.js'
import type { Check } from './check.js'
import { echo } from './echo.js'

/** Registers, EEPROM, interrupts, loopback, link: what the driver of a chip asks of it by itself. */
export const selfTest: Check = {
  name: 'ethtool -t offline',
  run: async (bench) => {
    const said = await output(bench, 'ethtool -t eth0 offline 2>&1; true', 120)
    const results = [...said.matchAll(/^(\w+) test\s+\([^)]*\)\s+(\d+)$/gm)]
    const failed = results.filter(([, , code]) => code !== '0').map(([, name, code]) => `${name} ${code}`)
    must(
      said.includes('result is PASS') && failed.length === 0,
      failed.join(', ') || said.trim().replaceAll('\n', ' | '),
    )
    await echo(bench, 5)
    return `${results.map(([, name]) => name).join(', ')}; traffic goes on`
  },
}
