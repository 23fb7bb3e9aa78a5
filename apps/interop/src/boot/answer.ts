import crypto from 'node:crypto'

/** What a script in the guest came to. */
export interface Answer {
  readonly number: number
  readonly code: number
  readonly output: string
}

/**
 * Reads a line of the guest (guest/init.sh): an answer, or the number of the request that it has begun. Undefined for a line that is
 * anything else, or damaged.
 */
export function parseAnswer(line: string, token: string): Answer | number | undefined {
  const words = line.trim().split(' ')
  const [said, number, code, sum, base64 = ''] = words
  if (said !== token || !/^\d+$/.test(number)) return undefined
  if (code === 'begun' && words.length === 3) return Number(number)
  if (words.length < 4 || words.length > 5) return undefined
  const output = Buffer.from(base64, 'base64')
  if (!/^\d+$/.test(code) || sum !== md5(output)) return undefined
  return { number: Number(number), code: Number(code), output: output.toString() }
}

/** The line that makes the guest run `script`, for at most `seconds`. */
export function requestLine(number: number, seconds: number, script: string): string {
  return `${number} ${seconds} ${md5(script)} ${Buffer.from(script).toString('base64')}\n`
}

/** Against damage on the line, not against anybody. */
function md5(content: Buffer | string): string {
  return crypto.createHash('md5').update(content).digest('hex')
}
