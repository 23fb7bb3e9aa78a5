import type { Guest } from '../boot/guest.js'

/** Levels above info: emergency 0 to notice 5 (printk). */
const NOTICE = 5

/** The kernel's last word before our init; what it says before that is about the machine. */
const INIT = 'Run /init as init process'

/** Words about the machine that runs the emulator, when it is busy. */
const OF_THE_MACHINE = /^hrtimer: interrupt took/

/** What the kernel said above info since init runs, without times. */
export async function seriousLines(guest: Guest): Promise<string[]> {
  const { output } = await guest.sh('dmesg -r', 30)
  const lines: string[] = []
  for (const line of output.slice(output.indexOf(INIT)).split('\n')) {
    const found = /^<(\d+)>(?:\[[ \d.]+\] ?)?(.*)$/.exec(line)
    if (found === null || (Number(found[1]) & 7) > NOTICE || OF_THE_MACHINE.test(found[2])) continue
    lines.push(found[2])
  }
  return lines
}

/** A line without what differs from boot to boot: addresses, numbers. */
function normalised(line: string): string {
  return line.replaceAll(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/g, '#')
}

/**
 * The lines whose like is not among the known ones, each once. What `allowed` names is left out to the letter, and before that: a line that
 * differs from it in a number stays.
 */
export function newLines(lines: readonly string[], known: readonly string[], allowed: readonly RegExp[]): string[] {
  const seen = new Set(known.map((line) => normalised(line)))
  return lines.filter((line) => {
    const form = normalised(line)
    if (form.trim() === '' || seen.has(form) || allowed.some((one) => one.test(line))) return false
    seen.add(form)
    return true
  })
}
