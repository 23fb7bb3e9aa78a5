import fs from 'node:fs'
import net from 'node:net'
import { interopMain, kernelNames } from '@npa/interop'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { modelNames } from './card/models.js'
import { bootCommand } from './commands/boot.js'
import type { BootOptions } from './commands/boot.js'
import { CTL_WORDS, ctlCommand } from './commands/ctl.js'
import { doctorCommand } from './commands/doctor.js'
import { faultsCommand } from './commands/faults.js'
import type { FaultsOptions } from './commands/faults.js'
import { serveCommand } from './commands/serve.js'
import type { ServeOptions } from './commands/serve.js'
import { traceCommand } from './commands/trace.js'
import type { TraceOptions } from './commands/trace.js'
import type { Surroundings } from './console.js'
import { TRACE_KINDS } from './trace/trace-event.js'
import { UserError } from './user-error.js'

const EXAMPLES = `
Examples:
  npa-nic doctor
  npa-nic serve --model intel-82599 --vfs 2 --sockets /tmp/nic
  npa-nic boot /tmp/nic
  npa-nic ctl /tmp/nic fault interrupt-lost function=vf0 share=0.1 for=10s
  npa-nic trace /tmp/nic --function vf0 --kind mailbox

Exit codes: 0 done, 1 internal failure or something missing, 2 an option, file or socket is not as it must be: one line says which.`

const SERVE_EXAMPLES = `
Far ends (--wire; on a card with two ports 0:… and 1:…):
  peer[:ADDRESS]      our own stack: ARP, ping, TCP echo (7), discard (9), iperf3 (5201); 192.168.77.2 unless given. The default
  loop                a loopback plug
  pcap:FILE[,fast]    replays a capture from the first frame that the card sends, with its timing or as fast as possible
  socket:PATH         QEMU's stream framing: calls whoever listens there, or listens. The link is up while somebody is connected
  nic:FOLDER          another served card, which names this one's folder in turn
  capture:FILE        writes pcapng of what passes; goes with any of the others

Examples:
  npa-nic serve --model intel-82599 --vfs 2 --sockets /tmp/nic
  npa-nic serve --model intel-82576 --vfs 7 --sockets /tmp/nic --wire peer:10.0.0.1 --wire capture:wire.pcapng
  npa-nic serve --model vmxnet3 --sockets /tmp/nic --wire socket:/tmp/cable
  npa-nic serve --model intel-82599 --vfs 1 --sockets /tmp/a --wire nic:/tmp/b
  npa-nic serve --model intel-82599 --vfs 2 --sockets /tmp/nic --hand 1 --accelerate
  npa-nic serve --model intel-82599 --vfs 1 --sockets /tmp/nic --fault 'eeprom-checksum' --schedule faults.yaml --seed 7
  npa-nic serve --model intel-82599 --ports 2 --vfs 2 --sockets /tmp/nic --wire 0:loop --wire 1:peer
Faults: npa-nic ctl --help. It ends with SIGINT or SIGTERM, or by npa-nic ctl FOLDER stop; a guest may come, reboot and go as often as it likes.`

const TRACE_EXAMPLES = `
Examples:
  npa-nic trace /tmp/nic
  npa-nic trace /tmp/nic --function vf0 --kind mailbox descriptor
  npa-nic trace /tmp/nic --kind write --register 'RDT' 'PFVML2FLT'
  npa-nic trace /tmp/nic --kind event --pcapng both-sides.pcapng
Traced is what passes while it runs: start it before the guest to see the probe.
Frames in the pcapng are, at a function, as its driver gave them: a message that the card cuts up (TSO) is one long frame, its checksums not computed
yet. On the cable (wire) they are as they were sent.`

const BOOT_EXAMPLES = `
Examples:
  npa-nic boot /tmp/nic
  npa-nic boot /tmp/nic --kernel 7 --processors 4 --run iperf.sh
  npa-nic boot /tmp/nic --reboot 2
  npa-nic boot /tmp/nic --guest vf1 --ping 192.168.77.1
Kernel and tools come from the Debian mirror that this machine's apt sources name, or NPA_DEBIAN_MIRROR; nothing is installed.
In a script, pf is the physical function and vf0 the first virtual one. Of the reboots the first is as Linux does it, the second a reset of the
machine under its drivers, and so on. A guest with a function of its own is for a card served with --hand, after its first guest. Exit codes: 0 every step was done, 1 one failed, 2 something is missing.`

const CTL_EXAMPLES = `${CTL_WORDS}

Examples:
  npa-nic ctl /tmp/nic status
  npa-nic ctl /tmp/nic fault link-down flap=500ms for=5s
  npa-nic ctl /tmp/nic fault mailbox-silent function=vf1 seed=3
  npa-nic ctl /tmp/nic clear`

/** The whole program: arguments without program and script in, exit code out. */
export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  const { stdout, stderr } = around.console
  let code = 0
  const program = new Command('npa-nic')
    .description('An SR-IOV network card without hardware, for developers of its drivers.')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .addHelpText('after', EXAMPLES)
  program
    .command('serve')
    .description('serve a card to QEMU, and show what happens to it')
    .addOption(new Option('--model <name>', 'the card').choices(modelNames).makeOptionMandatory())
    .requiredOption('--sockets <folder>', 'where its sockets are made; the other commands find it there')
    .option('--vfs <n>', 'virtual functions that a port can have', whole(0, 64), 0)
    .option('--ports <n>', 'ports of the card', whole(1, 2), 1)
    .option('--memory <path>', "the file that is the guest's memory; one in /dev/shm unless given")
    .option('--hand <vf>', 'a virtual function that a guest of its own has, by number; repeated for more', several)
    .option('--accelerate', 'with koffi: mapped guest memory, event descriptors; npm install koffi@3.3')
    .option('--memory-size <MiB>', 'memory of the guest in the command line that is printed', whole(64, 65536), 512)
    .option('--mac <address>', 'address of the first port', '52:54:00:12:34:56')
    .option('--wire <far end>', 'what stands at the far end of the cable; repeated for captures and ports', several)
    .option('--fault <fault>', 'a fault from the start on, in words as ctl takes them; repeated for more', several)
    .option('--schedule <file>', 'faults and when they begin, YAML')
    .option('--seed <n>', "seed of the faults instead of the schedule's", whole(0, 0xffffffff))
    .option('--json', 'lines of JSON instead of a table')
    .option('--interval <seconds>', 'time between two looks at the counters; 1 on a terminal, else 10', whole(1, 3600))
    .addHelpText('after', SERVE_EXAMPLES)
    .action((options: ServeOptions) => serveCommand(options, around))
  program
    .command('ctl')
    .description('ask a served card something: its counters, a fault, the end')
    .argument('<folder>', 'its sockets')
    .argument('<words...>', 'status, fault, clear, link or stop, and what belongs to it')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', CTL_EXAMPLES)
    .action((folder: string, words: string[], options: { json?: boolean }) =>
      ctlCommand(folder, words, options, around),
    )
  program
    .command('trace')
    .description('show what passes between a served card and its guest: registers, mailbox, descriptors, interrupts')
    .argument('<folder>', 'its sockets')
    .option('--function <name...>', 'only of these functions: pf, vf0 …')
    .addOption(new Option('--kind <kind...>', 'only these kinds of events').choices(TRACE_KINDS))
    .option('--register <name...>', 'of registers only these; * stands for anything')
    .option('--pcapng <file>', 'write the frames of every function and of the cable too')
    .option('--json', 'lines of JSON')
    .addHelpText('after', TRACE_EXAMPLES)
    .action((folder: string, options: TraceOptions) => traceCommand(folder, options, around))
  program
    .command('boot')
    .description("boot a Linux of Debian with a served card, let Linux's drivers take it, and ping")
    .argument('<folder>', 'the sockets of the card')
    .addOption(new Option('--kernel <name>', 'Linux of Debian 12, or the newest').choices(kernelNames).default('6.1'))
    .option('--processors <n>', 'of the guest', whole(1, 16), 1)
    .option('--qemu <program>', 'taken when it is 10.1 or later; otherwise one is fetched', 'qemu-system-x86_64')
    .option('--run <file>', 'a shell script to run in the guest then; repeated for more', several)
    .option('--stay', 'leave the guest running until SIGINT')
    .option('--reboot <n>', 'then reboot it so often, and do the steps again each time', whole(0, 10_000), 0)
    .option('--guest <function>', 'the guest that has a function of its own, which serve --hand gives it: vf1')
    .option('--address <ip>', "the guest's address; a neighbour of whom it pings unless given", ipv4)
    .option('--ping <ip>', 'whom it pings instead of the far end of the cable', ipv4)
    .option('--cache <folder>', 'where packages of Debian are kept')
    .addHelpText('after', BOOT_EXAMPLES)
    .action(async (folder: string, options: BootOptions) => {
      code = await bootCommand(folder, options, around)
    })
  program
    .command('faults')
    .description("let Linux's drivers meet every fault, and print what they do")
    .addOption(new Option('--model <name>', 'the card').choices(['intel-82599', 'intel-82576']).default('intel-82599'))
    .addOption(new Option('--kernel <name>', 'Linux of Debian 12, or the newest').choices(kernelNames).default('6.1'))
    .option('--only <text>', 'only faults whose words contain the text', '')
    .option('--markdown <file>', 'write the table')
    .option('--cache <folder>', 'where packages of Debian are kept')
    .addHelpText('after', '\nExamples:\n  npa-nic faults\n  npa-nic faults --only mailbox --markdown faults.md')
    .action(async (options: FaultsOptions) => {
      code = await faultsCommand(options, around)
    })
  program
    .command('interop')
    .description("let Linux's drivers judge the cards: what npm run interop does in the repository")
    .helpOption(false)
    .allowUnknownOption()
    .argument('[words...]', 'npa-nic interop --help lists them')
    .action(async (words: string[]) => {
      code = await interopMain(words, 'npa-nic interop')
    })
  program
    .command('doctor')
    .description('say what is missing on this machine, and how to get it')
    .option('--qemu <program>', 'the QEMU to look at', 'qemu-system-x86_64')
    .action(async (options: { qemu: string }) => {
      code = await doctorCommand(options, around)
    })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (!(error instanceof CommanderError || error instanceof UserError)) throw error
    stderr.write(`npa-nic: ${oneLine(error, args[0])}\n`)
    return 2
  }
}

function ownVersion(): string {
  const manifest = new URL('../package.json', import.meta.url)
  return (JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string }).version
}

function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected an integer from ${least} to ${most}.`)
  }
}

function ipv4(text: string): string {
  if (net.isIPv4(text)) return text
  throw new InvalidArgumentError('Expected an IPv4 address such as 192.168.77.1.')
}

function oneLine(error: CommanderError | UserError, command: string): string {
  if (error instanceof UserError) return error.message
  if (error.code === 'commander.help')
    return 'expected a command: serve, ctl, trace, boot, faults, interop, doctor; npa-nic --help says more'
  const words = error.message.replace(/^error: /, '').replace(/\s+/g, ' ')
  return error.code.startsWith('commander.missing') ? `${words}; npa-nic ${command} --help has examples` : words
}
