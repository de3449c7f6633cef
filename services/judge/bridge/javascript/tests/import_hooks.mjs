// Import hooks of Node.js before 22.15, which runs them in a thread of their own. The main thread asks the candidate.
import { apiSource, ProxyModules, submittedSource } from './proxy_modules.mjs'

let port, modules
const waiting = new Map()

export function initialize(data) {
  port = data.port
  modules = new ProxyModules(data.folder, data.submitted)
  port.on('message', ({ file, exported }) => {
    waiting.get(file)?.(exported)
    waiting.delete(file)
  })
}

export async function resolve(specifier, context, next) {
  const url = modules.resolve(specifier, context.parentURL)
  return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context)
}

export async function load(url, context, next) {
  if (!modules.includes(url)) return next(url, context)
  const file = modules.file(url)
  return { format: 'module', source: file ? submittedSource(file, await askedOf(file)) : apiSource, shortCircuit: true }
}

function askedOf(file) {
  return new Promise((answered) => {
    waiting.set(file, answered)
    port.postMessage(file)
  })
}
