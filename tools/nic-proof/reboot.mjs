import { must } from './installed.mjs'

const MODELS = ['intel-82599', 'intel-82576']

/** Guests reboot, as Linux does it and hard; the card stays, and is probed and pings again. */
export async function reboot(installed) {
  for (const model of MODELS) {
    const folder = installed.folder()
    const server = installed.start('serve', '--model', model, '--vfs', '2', '--sockets', folder)
    await server.says('A guest with it')
    const said = await installed.start('boot', folder, '--reboot', '2').done()
    const pings = said.match(/5 packets transmitted, 5 packets received/g)?.length
    if (pings !== 3) throw new Error(`${model}: ${pings} of 3 pings were answered:\n${said}`)
    must(said, /^reboot 1, as Linux does it: up again$/m, /^reboot 2, a reset of the machine .*: up again$/m)
    // The next guest finds it as the first one did.
    must(await installed.start('boot', folder).done(), /5 packets transmitted, 5 packets received/)
    await installed.start('ctl', folder, 'stop').done()
    await server.done()
  }
  return `${MODELS.join(' and ')}: probed and pinging after both kinds of reboot, and in the next guest`
}
