import fs from 'node:fs'
import path from 'node:path'
import { command } from '../command.js'
import type { Mirror } from './mirror.js'

/** Minutes that one call of apt may take. */
const PATIENCE_S = 900

/** A package as apt resolves it. */
export interface Resolved {
  readonly name: string
  readonly version: string
}

/**
 * apt with sources, lists, cache and status of its own in a folder: it resolves and downloads packages of any suite and leaves the
 * machine's own apt alone. Its proxies and credentials are the machine's.
 */
export class PrivateApt {
  readonly #options: string[]
  readonly #archives: string
  readonly #signal: AbortSignal | undefined

  constructor(folder: string, mirror: Mirror, suites: readonly string[], signal: AbortSignal | undefined) {
    this.#signal = signal
    const at = (name: string): string => path.join(folder, name)
    for (const name of ['state/lists/partial', 'cache/archives/partial']) fs.mkdirSync(at(name), { recursive: true })
    fs.writeFileSync(at('status'), '')
    const signed = mirror.keyring === undefined ? '' : `[signed-by=${mirror.keyring}] `
    fs.writeFileSync(at('sources.list'), suites.map((suite) => `deb ${signed}${mirror.uri} ${suite} main\n`).join(''))
    this.#archives = at('cache/archives')
    const settings = {
      'Dir::Etc::sourcelist': at('sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': '/dev/null',
      'Dir::State': at('state'),
      'Dir::State::status': at('status'),
      'Dir::Cache': at('cache'),
      'APT::Architecture': 'amd64',
      'APT::Architectures': 'amd64',
      'APT::Sandbox::User': 'root',
      'APT::Install-Recommends': 'false',
      'APT::Default-Release': suites[0],
      'Acquire::Check-Valid-Until': 'false',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '2',
      'Debug::NoLocking': '1',
    }
    this.#options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  }

  /** Fetches the lists. A suite whose list does not come is an `Unavailable`. */
  async update(): Promise<void> {
    // Without error-mode apt takes a list that did not come for a warning.
    await this.#apt(['-o', 'APT::Update::Error-Mode=any', 'update'])
  }

  /** Everything that an installation on an empty machine would bring. */
  async resolve(names: readonly string[]): Promise<Resolved[]> {
    const said = await this.#apt(['-s', 'install', ...names])
    return [...said.matchAll(/^Inst (\S+) \((\S+)/gm)].map((found) => ({ name: found[1], version: found[2] }))
  }

  /** Fetches just these packages; their files. */
  async download(names: readonly string[]): Promise<string[]> {
    await this.#apt(['download', ...names])
    const files = fs.readdirSync(this.#archives).filter((name) => name.endsWith('.deb'))
    return files.map((name) => path.join(this.#archives, name))
  }

  #apt(args: readonly string[]): Promise<string> {
    const where = { cwd: this.#archives, signal: this.#signal }
    return command('apt-get', ['-q', '-y', ...this.#options, ...args], PATIENCE_S, where)
  }
}
