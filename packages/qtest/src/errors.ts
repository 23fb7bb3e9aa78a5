/** QEMU refused a command, or is gone: a mistake of the composing program, never of the device. */
export class QtestError extends Error {
  override readonly name: string = 'QtestError'
  /** The command as it was sent, shortened. */
  readonly command: string
  /** What QEMU answered, or why it did not. */
  readonly reply: string
  constructor(command: string, reply: string) {
    const short = command.length > 60 ? `${command.slice(0, 60)}…` : command
    super(`qtest command '${short}': ${reply}`)
    this.command = short
    this.reply = reply
  }
}

/** There is no QEMU on this machine, or it is not of use. */
export class QemuMissingError extends Error {
  override readonly name: string = 'QemuMissingError'
}
