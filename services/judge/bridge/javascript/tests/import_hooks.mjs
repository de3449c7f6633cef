// Imports in ES modules, in the thread that Node runs such hooks in. The main thread asks the candidate.
import { fileURLToPath } from 'node:url'
import { submittedPath } from './submitted_paths.mjs'

const SCHEME = 'candidate:'
const BRIDGE = "globalThis[Symbol.for('assay.candidate')]"
let port, folder, submitted
const waiting = new Map()

export function initialize(data) {
  port = data.port
  folder = data.folder
  submitted = new Set(data.submitted)
  port.on('message', ({ file, ...answer }) => {
    waiting.get(file)?.(answer)
    waiting.delete(file)
  })
}

export async function resolve(specifier, context, next) {
  if (specifier === 'candidate') return { url: `${SCHEME}/`, format: 'module', shortCircuit: true }
  const parent = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : ''
  const wanted = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier
  const file = parent.startsWith(`${folder}/`) ? submittedPath(wanted, parent, folder, submitted) : undefined
  if (file === undefined) return next(specifier, context)
  return { url: `${SCHEME}/${encodeURIComponent(file)}`, format: 'module', shortCircuit: true }
}

export async function load(url, context, next) {
  if (!url.startsWith(SCHEME)) return next(url, context)
  const file = decodeURIComponent(url.slice(SCHEME.length + 1))
  const source = file ? await submittedModule(file) : `export const { ${API} } = ${BRIDGE}.api\nexport default ${BRIDGE}.api`
  return { format: 'module', source, shortCircuit: true }
}

const API = 'invoke, run, read, cpuSeconds, openPage, CandidateDied'

async function submittedModule(file) {
  const { names, problem } = await new Promise((answered) => {
    waiting.set(file, answered)
    port.postMessage(file)
  })
  if (problem) throw new Error(problem)
  const bindings = names.map((name, at) => [`value${at}`, JSON.stringify(name)])
  const constants = bindings.map(([id, name]) => `const ${id} = ${BRIDGE}.exported(${JSON.stringify(file)}, ${name})`)
  return [...constants, `export { ${bindings.map(([id, name]) => `${id} as ${name}`).join(', ')} }`].join('\n')
}
