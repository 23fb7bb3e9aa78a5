import { FAMILY_82576, registerSuite } from '@npa/sriov-nic/suite'
import type { Assets } from '../assets.js'
import type { Row } from '../report/row.js'
import { INTERRUPTED, reasonOf, Unavailable } from '../unavailable.js'
import { qemuIgb } from './qemu-igb.js'
import { qemuWrapper } from './qemu-wrapper.js'

/** What `--only` calls it. */
export const REGISTERS = 'registers'
/** Its device, as rows call it. */
export const REGISTERS_DEVICE = 'qemu igb'

/** The register suite on QEMU's own 82576, without a guest; ours is judged by the same suite among the package's tests. */
export async function judgeRegisters(
  assets: Assets,
  folder: string,
  asked: (check: { readonly name: string }) => boolean,
  add: (row: Row) => void,
  signal: AbortSignal,
): Promise<void> {
  const row = (check: string, result: Row['result'], detail: string): void =>
    add({ driver: REGISTERS, device: REGISTERS_DEVICE, kernel: 'none', check, result, detail })
  let binary: string
  try {
    binary = qemuWrapper(await assets.qemu(), folder)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    const nowhere = { family: FAMILY_82576, start: () => Promise.reject(error) }
    for (const { name } of registerSuite(nowhere).filter(asked))
      row(name, 'not run', signal.aborted ? INTERRUPTED : reasonOf(error))
    return
  }
  for (const check of registerSuite(qemuIgb(binary)).filter(asked)) {
    const why = signal.aborted ? INTERRUPTED : check.skip
    if (why !== undefined) {
      row(check.name, 'not run', why)
      continue
    }
    try {
      await check.run()
      row(check.name, 'pass', check.section)
    } catch (error) {
      row(check.name, 'fail', `${reasonOf(error)} (${check.section})`)
    }
  }
}
