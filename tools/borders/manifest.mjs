import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const rootTools = new Set(['vitest', 'fast-check'])

/**
 * Compares a package's package.json and tsconfig.build.json with what its sources and tests import: no dependency missing, none
 * too many, optional peers among the devDependencies, and the build references exactly the workspace packages among them. With `fix` both files are rewritten instead.
 */
export function checkManifest(root, folder, used, fix) {
  const path = `${folder}/package.json`
  const manifest = JSON.parse(readFileSync(join(root, path), 'utf8'))
  // What sources load only if it is there is the user's to install; here it is installed for the tests.
  const optional = (name) => manifest.peerDependenciesMeta?.[name]?.optional === true
  const needed = [...used.source.keys()].filter((name) => name !== manifest.name)
  const dependencies = needed.filter((name) => !optional(name))
  const wanted = {
    dependencies,
    devDependencies: [...new Set([...used.test.keys(), ...needed.filter(optional)])].filter(
      (name) => name !== manifest.name && !dependencies.includes(name) && !rootTools.has(name),
    ),
  }
  const problems = []
  for (const kind of ['dependencies', 'devDependencies']) {
    const have = Object.keys(manifest[kind] ?? {}).filter((name) => !name.startsWith('@types/'))
    for (const name of wanted[kind])
      if (!have.includes(name))
        problems.push(
          `${path}: lacks '${name}' in ${kind}, imported at ${used.source.get(name) ?? used.test.get(name)}`,
        )
    for (const name of have)
      if (!wanted[kind].includes(name)) problems.push(`${path}: '${name}' in ${kind} is not imported`)
    if (fix) setOrDelete(manifest, kind, versions(manifest, kind, wanted[kind]))
  }

  const configPath = `${folder}/tsconfig.build.json`
  const references = wanted.dependencies
    .filter((name) => name.startsWith('@npa/'))
    .sort()
    .map((name) => ({ path: `../../${folderOf(root, name.slice(5))}/tsconfig.build.json` }))
  if (existsSync(join(root, configPath))) {
    const config = JSON.parse(readFileSync(join(root, configPath), 'utf8'))
    const text = (list) => list.map((reference) => reference.path).sort().join(' ') // prettier-ignore
    if (text(config.references ?? []) !== text(references)) {
      problems.push(`${configPath}: references differ from the imported packages: ${text(references) || 'none'}`)
      if (fix) write(join(root, configPath), { ...config, references })
    }
  }
  if (!fix) return problems
  if (problems.length > 0) write(join(root, path), manifest)
  return []
}

function versions(manifest, kind, names) {
  const types = Object.keys(manifest[kind] ?? {}).filter((name) => name.startsWith('@types/'))
  return [...names, ...types].sort().map((name) => [name, name.startsWith('@npa/') ? 'workspace:*' : 'catalog:'])
}

function setOrDelete(manifest, kind, entries) {
  if (entries.length > 0) manifest[kind] = Object.fromEntries(entries)
  else delete manifest[kind]
}

const write = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

/** Packages come first; a program that another one has in it is among the apps. */
function folderOf(root, name) {
  return existsSync(join(root, 'packages', name)) ? `packages/${name}` : `apps/${name}`
}
