import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { checkManifest } from './manifest.mjs'
import { readImports } from './imports.mjs'

const isTest = (file) => /\.test\.ts$|\/testing\//.test(file)
const testTools = ['vitest', 'fast-check', 'node:*']
const sourceOf = { '.js': '.ts', '.mjs': '.mts' }

/** Every crossing of the borders below `root`, as lines of text `file:line: what, rule`; none means that all is well. */
export function checkBorders(root, table, { fix = false } = {}) {
  const problems = []
  for (const folder of packageFolders(root)) {
    if (!(folder in table)) {
      problems.push(`${folder}: has no row in tools/borders/table.mjs`)
      continue
    }
    const used = { source: new Map(), test: new Map() }
    for (const file of sourceFiles(root, join(folder, 'src')))
      problems.push(...checkFile(root, table, folder, file, used))
    problems.push(...checkManifest(root, folder, used, fix))
  }
  return problems
}

function packageFolders(root) {
  return ['packages', 'apps'].flatMap((group) =>
    existsSync(join(root, group))
      ? readdirSync(join(root, group))
          .map((name) => `${group}/${name}`)
          .filter((folder) => existsSync(join(root, folder, 'package.json')))
      : [],
  )
}

function sourceFiles(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[mc]?tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

function checkFile(root, table, folder, file, used) {
  const problems = []
  const row = rowOf(table, file)
  const test = isTest(file)
  const rules = test ? [...table[row].imports, ...testsOf(table, row), ...testTools] : table[row].imports
  const { imports, impure } = readImports(join(root, file))
  for (const { line, module } of imports) {
    if (module.startsWith('.')) {
      const problem = relativeProblem(table, folder, row, file, module, test)
      if (problem) problems.push(`${file}:${line}: imports '${module}', ${problem}`)
      continue
    }
    if (!rules.some((rule) => matches(rule, module)))
      problems.push(
        `${file}:${line}: imports '${module}', but ${test ? 'tests of ' : ''}${row} may import ${list(rules)}`,
      )
    if (!module.startsWith('node:')) {
      const seen = used[test ? 'test' : 'source']
      if (!seen.has(packageOf(module))) seen.set(packageOf(module), `${file}:${line}`)
    }
  }
  if (!test && !table[row].impure)
    for (const { line, what } of impure)
      problems.push(`${file}:${line}: uses ${what}, but clock, timers and randomness are handed in to ${row}`)
  return problems
}

/** An import inside a package stays in its own row, goes up to a parent row, or to a row that is listed as './row'; tests go anywhere. */
function relativeProblem(table, folder, row, file, module, test) {
  const target = posix.join(dirname(file), module).replace(/\.m?js$/, (end) => sourceOf[end])
  if (!target.startsWith(`${folder}/`)) return `which leaves ${folder}: use the package's name`
  if (!test && isTest(target)) return 'which is test code'
  const targetRow = rowOf(table, target)
  if (test || `${row}/`.startsWith(`${targetRow}/`)) return undefined
  const open = table[row].imports.filter((rule) => rule.startsWith('./'))
  if (open.some((rule) => targetRow.endsWith(rule.slice(1)))) return undefined
  return `but ${row} and ${targetRow} are apart: of its package it may import ${list(open)}`
}

function rowOf(table, file) {
  return Object.keys(table)
    .filter((folder) => file.startsWith(`${folder}/`))
    .reduce((longest, folder) => (folder.length > longest.length ? folder : longest), '')
}

const testsOf = (table, row) => table[row].tests ?? []
const matches = (rule, module) => (rule.endsWith('*') ? module.startsWith(rule.slice(0, -1)) : rule === module)
const list = (rules) => (rules.length === 0 ? 'nothing' : rules.join(', '))
const packageOf = (module) => module.split('/', module.startsWith('@') ? 2 : 1).join('/')
