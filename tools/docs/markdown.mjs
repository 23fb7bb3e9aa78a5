import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Folders whose Markdown is for readers of the repository. */
const FOLDERS = ['.', 'docs', 'fixtures', ...children('packages'), ...children('apps')]

function children(folder) {
  return readdirSync(join(root, folder)).map((name) => join(folder, name))
}

/** Every document of the repository: path from the root, and text. */
export function documents() {
  return FOLDERS.filter((folder) => statSync(join(root, folder)).isDirectory()).flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name))
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  )
}

/** Links of a document into the repository that lead nowhere, or to a file without the function that the link's text names. */
export function brokenLinks({ path, text }) {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '')
  const broken = []
  for (const [, label, target] of prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)) {
    if (/^(https?:|mailto:|#)/.test(target)) continue
    const file = resolve(root, dirname(path), target.replace(/#.*$/, ''))
    const text = contents(file)
    if (text === undefined) broken.push(`${path}: ${relative(root, file)} does not exist`)
    else for (const name of named(label)) if (!word(name).test(text)) broken.push(`${path}: ${target} has no ${name}`)
  }
  return broken
}

/** The text of a file, nothing for a folder, undefined when there is neither. */
function contents(file) {
  const found = statSync(file, { throwIfNoEntry: false })
  return found?.isFile() === true ? readFileSync(file, 'utf8') : found && ''
}

/** Identifiers that a link's text names as code: `Class.method` stands for both. File names and paths are none. */
function named(label) {
  const code = /^`([A-Za-z_$][\w$]*(?:\.#?[A-Za-z_$][\w$]*)*)`$/.exec(label)?.[1]
  return code === undefined || /\.(ts|mjs|md|yaml)$/.test(code) ? [] : code.replaceAll('#', '').split('.')
}

function word(name) {
  return new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`)
}

/** The first TypeScript block of a document that is followed by what it prints; undefined without one. */
export function example(text) {
  const found = /^```ts\n([\s\S]*?)^```\n[\s\S]*?^```text\n([\s\S]*?)^```/m.exec(text)
  return found === null ? undefined : { code: found[1], output: found[2].trimEnd() }
}
