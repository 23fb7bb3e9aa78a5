import type { Assets } from '../assets.js'
import { qemuWrapper } from '../registers/qemu-wrapper.js'
import type { Row } from '../report/row.js'
import { INTERRUPTED, reasonOf, Unavailable } from '../unavailable.js'
import { Bench } from './bench.js'
import { PLUGIN_CHECKS } from './checks.js'

/** What `--only` calls it. */
export const PLUGINS = 'plugins'
/** Its device, as rows call it. */
export const PLUGINS_DEVICE = 'qemu igb'

/** Our 82576 PF driver and guest plugin on QEMU's own 82576, without a guest. */
export async function judgePlugins(
  assets: Assets,
  folder: string,
  asked: (check: { readonly name: string }) => boolean,
  add: (row: Row) => void,
  signal: AbortSignal,
): Promise<void> {
  const row = (check: string, result: Row['result'], detail: string): void =>
    add({ driver: PLUGINS, device: PLUGINS_DEVICE, kernel: 'none', check, result, detail })
  const checks = PLUGIN_CHECKS.filter(asked)
  let binary: string
  try {
    binary = qemuWrapper(await assets.qemu(), folder)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    for (const { name } of checks) row(name, 'not run', signal.aborted ? INTERRUPTED : reasonOf(error))
    return
  }
  for (const { name, run } of checks) {
    if (signal.aborted) {
      row(name, 'not run', INTERRUPTED)
      continue
    }
    let bench: Bench | undefined
    try {
      bench = await Bench.start(binary)
      await run(bench)
      row(name, 'pass', '')
    } catch (error) {
      row(name, 'fail', reasonOf(error))
    } finally {
      await bench?.close()
    }
  }
}
