/** What every tarball has besides what is built. */
const ALWAYS = ['package/package.json', 'package/README.md', 'package/LICENSE']
/** Words of a manifest that mean something in this repository alone. */
const INSIDE = /"(?:workspace:|catalog:|npa-source")/

/**
 * What is wrong with a package's tarball: `files` are its names, `text` gives the text of one, `sourceOf` says whether there is a source for what
 * was built, by its path in dist without the ending.
 */
export function complaints(files, text, sourceOf) {
  const found = ALWAYS.filter((file) => !files.includes(file)).map((file) => `${file} is missing`)
  const manifest = text('package/package.json')
  const inside = INSIDE.exec(manifest)
  if (inside !== null) found.push(`package.json says ${inside[0]}`)
  for (const file of files) {
    const [, stem] = /^package\/dist\/(.*?)(?:\.d)?\.[jt]s$/.exec(file) ?? []
    if (/\.(?:test|bench)\.|\/testing\//.test(file)) found.push(`${file} is for tests`)
    else if (stem !== undefined && !sourceOf(stem))
      found.push(`${file} has no source any more: remove dist and build again`)
    else if (stem === undefined && file.startsWith('package/dist/')) found.push(`${file} is nobody's`)
  }
  for (const [name, target] of Object.entries(JSON.parse(manifest).bin ?? {})) {
    const file = `package/${target.replace(/^\.\//, '')}`
    if (!files.includes(file)) found.push(`${name}: ${file} is missing`)
    else if (!text(file).startsWith('#!/usr/bin/env node\n'))
      found.push(`${name}: ${file} does not begin with #!/usr/bin/env node`)
  }
  return found
}
