// ES modules that stand for submitted ones, and for `candidate`: their addresses and their sources.
import { fileURLToPath } from 'node:url'
import { submittedPath } from './submitted_paths.mjs'

const SCHEME = 'candidate:'
const BRIDGE = "globalThis[Symbol.for('assay.candidate')]"
const API = 'invoke, run, read, cpuSeconds, openPage, CandidateDied'

export class ProxyModules {
  #folder
  #submitted

  // `folder` is that of the tests, `submitted` has the paths of submitted files.
  constructor(folder, submitted) {
    this.#folder = folder
    this.#submitted = new Set(submitted)
  }

  // The address of the module that an import means; undefined if it is not one of these.
  resolve(specifier, parentUrl) {
    if (specifier === 'candidate') return `${SCHEME}/`
    const parent = parentUrl?.startsWith('file:') ? fileURLToPath(parentUrl) : ''
    const wanted = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier
    const file = this.submittedFile(wanted, parent)
    return file && `${SCHEME}/${encodeURIComponent(file)}`
  }

  submittedFile(wanted, parent) {
    return parent?.startsWith(`${this.#folder}/`) ? submittedPath(wanted, parent, this.#folder, this.#submitted) : undefined
  }

  includes(url) {
    return url.startsWith(SCHEME)
  }

  // The submitted file of an address; '' for the module `candidate`.
  file(url) {
    return decodeURIComponent(url.slice(SCHEME.length + 1))
  }
}

export const apiSource = `export const { ${API} } = ${BRIDGE}.api\nexport default ${BRIDGE}.api`

// `exported`: the names that a submitted module exports, or the problem with importing it.
export function submittedSource(file, { names, problem }) {
  if (problem) throw new Error(problem)
  const bindings = names.map((name, at) => [`value${at}`, JSON.stringify(name)])
  const constants = bindings.map(([id, name]) => `const ${id} = ${BRIDGE}.exported(${JSON.stringify(file)}, ${name})`)
  return [...constants, `export { ${bindings.map(([id, name]) => `${id} as ${name}`).join(', ')} }`].join('\n')
}
