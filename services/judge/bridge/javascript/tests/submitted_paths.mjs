// Which submitted file an import or require in a hidden test means.
import fs from 'node:fs'
import path from 'node:path'

const ENDINGS = ['', '.js', '.mjs', '.cjs', '.json', '/index.js', '/index.mjs', '/index.cjs']

// `folder` is that of the tests; the submission seems to be in the folder above. undefined if it is no submitted file.
export function submittedPath(specifier, parent, folder, submitted) {
  if (!/^(\.\.?\/|\/)/.test(specifier)) return undefined
  const target = path.resolve(path.dirname(parent), specifier)
  const near = path.relative(folder, target)
  const relative = near.startsWith('..') ? path.relative(path.dirname(folder), target) : near
  if (!near.startsWith('..') && ENDINGS.some((ending) => fs.statSync(target + ending, { throwIfNoEntry: false })?.isFile())) {
    return undefined
  }
  return ENDINGS.map((ending) => relative + ending).find((each) => submitted.has(each))
}
