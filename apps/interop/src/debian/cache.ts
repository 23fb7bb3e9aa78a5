import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { command } from '../command.js'
import { INTERRUPTED, Unavailable } from '../unavailable.js'
import { findMirror } from './mirror.js'
import { PrivateApt } from './private-apt.js'
import type { Resolved } from './private-apt.js'

const UNPACK_S = 300

/** A set of packages of one suite, unpacked side by side. */
export interface PackageSet {
  /** Names the folder. */
  readonly name: string
  /** The first is the one meant, the others are for its dependencies. */
  readonly suites: readonly string[]
  readonly packages: readonly string[]
  /** Of what they bring, what is wanted. */
  readonly wanted: (name: string) => boolean
  /** The package that gives the set its version. */
  readonly title: (name: string) => boolean
}

/** An unpacked set. */
export interface Unpacked {
  readonly root: string
  readonly suite: string
  /** Of its title package. */
  readonly package: string
  readonly version: string
}

/** `NPA_INTEROP_CACHE`, or the user's own cache folder. */
export function defaultCache(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.NPA_INTEROP_CACHE
  if (named !== undefined && named !== '') return named
  const home = environment.XDG_CACHE_HOME
  return path.join(home === undefined || home === '' ? path.join(os.homedir(), '.cache') : home, 'npa-interop')
}

/**
 * The set from the cache, or fetched into it: then `say` hears of it. The folder appears whole or not at all. Throws `Unavailable`
 * when it cannot be fetched, or `signal` ends that.
 */
export async function unpacked(
  cache: string,
  set: PackageSet,
  say: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<Unpacked> {
  const folder = path.join(cache, set.name)
  const stamp = path.join(folder, 'versions.json')
  if (fs.existsSync(stamp)) {
    const known = readStamp(stamp)
    // One of an older version may lack what the set wants now.
    if (set.packages.filter(set.wanted).every((name) => known.packages.some((one) => one.name === name)))
      return { root: folder, ...known }
  }
  if (signal?.aborted === true) throw new Unavailable(INTERRUPTED)
  fs.mkdirSync(cache, { recursive: true })
  const work = fs.mkdtempSync(path.join(cache, `.${set.name}-`))
  try {
    const root = path.join(work, 'root')
    const apt = new PrivateApt(path.join(work, 'apt'), findMirror(), set.suites, signal)
    say(`${set.name}: package lists of ${set.suites.join(', ')}`)
    await apt.update()
    const packages = (await apt.resolve(set.packages)).filter(({ name }) => set.wanted(name))
    const title = packages.find(({ name }) => set.title(name))
    if (title === undefined) throw new Unavailable(`${set.suites[0]} has no ${set.packages.join(', ')}`)
    say(`${set.name}: ${title.name} ${title.version} and ${packages.length - 1} more packages`)
    fs.mkdirSync(root)
    for (const deb of await apt.download(packages.map(({ name }) => name))) {
      await command('dpkg', ['-x', deb, root], UNPACK_S)
    }
    const versions = { suite: set.suites[0], package: title.name, version: title.version, packages }
    fs.writeFileSync(path.join(root, 'versions.json'), JSON.stringify(versions, undefined, 1))
    fs.rmSync(folder, { recursive: true, force: true })
    fs.renameSync(root, folder)
    return { root: folder, ...readStamp(stamp) }
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

function readStamp(file: string): Omit<Unpacked, 'root'> & { readonly packages: readonly Resolved[] } {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Omit<Unpacked, 'root'> & { packages: Resolved[] }
}
