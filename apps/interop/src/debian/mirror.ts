import fs from 'node:fs'
import path from 'node:path'
import { Unavailable } from '../unavailable.js'

/** Where Debian's packages come from. */
export interface Mirror {
  readonly uri: string
  /** File with the archive's keys, or undefined where apt knows them. */
  readonly keyring: string | undefined
}

const ENVIRONMENT = 'NPA_DEBIAN_MIRROR'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const SUITE = /^(bookworm|trixie|forky|duke|sid|stable|testing|unstable|oldstable)$/

/**
 * The mirror that this machine's own apt sources name (sources.list(5), both forms), or that the environment variable
 * NPA_DEBIAN_MIRROR names. Throws `Unavailable` where there is none.
 */
export function findMirror(etc = '/etc/apt', environment: NodeJS.ProcessEnv = process.env): Mirror {
  const keyring = fs.existsSync(KEYRING) ? KEYRING : undefined
  const named = environment[ENVIRONMENT]
  if (named !== undefined && named !== '') return { uri: named, keyring }
  for (const file of sourceFiles(etc)) {
    const text = fs.readFileSync(file, 'utf8')
    const found = file.endsWith('.sources') ? fromParagraphs(text) : fromLines(text)
    if (found !== undefined) return { uri: found, keyring }
  }
  throw new Unavailable(`no Debian mirror in ${etc}: name one in ${ENVIRONMENT}`)
}

function sourceFiles(etc: string): string[] {
  const parts = path.join(etc, 'sources.list.d')
  const more = fs.existsSync(parts) ? fs.readdirSync(parts).sort() : []
  const files = more.filter((name) => /\.(list|sources)$/.test(name)).map((name) => path.join(parts, name))
  const main = path.join(etc, 'sources.list')
  return fs.existsSync(main) ? [main, ...files] : files
}

function fromParagraphs(text: string): string | undefined {
  for (const paragraph of text.split(/\n\s*\n/)) {
    const words = (field: string): string[] =>
      new RegExp(`^${field}:(.*)$`, 'im').exec(paragraph)?.[1].trim().split(/\s+/) ?? []
    if (!words('Types').includes('deb') || words('Enabled')[0] === 'no') continue
    if (!words('Components').includes('main') || !words('Suites').some((suite) => SUITE.test(suite))) continue
    const uri = words('URIs')[0]
    if (uri !== '') return uri
  }
  return undefined
}

function fromLines(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line)
    if (found !== null && SUITE.test(found[2]) && found[3].split(/\s+/).includes('main')) return found[1]
  }
  return undefined
}
