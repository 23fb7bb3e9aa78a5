import { spawn } from 'node:child_process'

const terminal = process.stdout.isTTY === true
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/**
 * Runs one command as a phase that says when it starts and how long it took. A quiet phase keeps its output and shows it only
 * when it fails; a live one shares the terminal. A failed phase ends the process with the command's own exit code.
 */
export async function phase(title, file, args, { live = false, ...options } = {}) {
  const begin = performance.now()
  const seconds = () => `${((performance.now() - begin) / 1000).toFixed(1)} s`
  const spinner = start(title, live, seconds)
  const { code, output } = await run(file, args, live, options)
  clearInterval(spinner)
  const overwrite = spinner === undefined ? '' : '\r\x1b[2K'
  if (code === 0) return void process.stdout.write(`${overwrite}${title}: done in ${seconds()}\n`)
  process.stdout.write(`${overwrite}${title}: failed after ${seconds()}, exit code ${code}\n`)
  process.stderr.write(output)
  process.exit(code)
}

function start(title, live, seconds) {
  if (!terminal || live) {
    process.stdout.write(`${title} ...\n`)
    return undefined
  }
  let n = 0
  const draw = () => process.stdout.write(`\r\x1b[2K${frames[n++ % frames.length]} ${title} ${seconds()}`)
  draw()
  return setInterval(draw, 100)
}

function run(file, args, live, options) {
  return new Promise((resolve) => {
    // The terminal interrupts the command too, which may have something to write before it ends.
    if (live) process.on('SIGINT', () => undefined)
    const child = spawn(file, args, { stdio: live ? 'inherit' : ['ignore', 'pipe', 'pipe'], ...options })
    const chunks = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => resolve({ code: 127, output: `${file}: ${error.message}\n` }))
    child.on('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString() + (signal ? `killed by ${signal}\n` : '')
      resolve({ code: code ?? 1, output })
    })
  })
}
