import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run/install.mjs'
import { must } from './installed.mjs'

/** The folder of sockets in the README. */
const SOCKETS = '/tmp/nic'

/** The commands at the top of the README, the first of which is done already: Linux's ixgbevf is bound, and pings. */
export async function commands(installed) {
  const [, block = ''] = /```sh\n([^`]*)```/.exec(readFileSync(join(root, 'apps/nic/README.md'), 'utf8')) ?? []
  const lines = block.trim().split('\n')
  if (lines.length !== 3) throw new Error(`the README begins with ${lines.length} commands, not three`)
  const folder = installed.folder()
  const [, serve, boot] = lines.map((line) => line.replace(SOCKETS, folder))
  const server = installed.shell(serve.replace(/ &$/, ''))
  await server.says('A guest with it')
  const said = await installed.shell(boot).done()
  must(said, /^ {2}ixgbevf$/m, /5 packets transmitted, 5 packets received/)
  await installed.start('ctl', folder, 'stop').done()
  await server.done()
  return 'three commands from nothing to ixgbevf, pinging'
}
