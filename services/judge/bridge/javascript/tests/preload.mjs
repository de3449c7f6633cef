// Loaded before a test file: connects it to the candidate.
import Module from 'node:module'
import { afterEach, beforeEach } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { makeApi } from './api.mjs'
import { CandidateDied } from './candidate_errors.mjs'
import { errorText } from './error_text.mjs'
import { Link } from './link.mjs'
import { apiSource, ProxyModules, submittedSource } from './proxy_modules.mjs'

const { source, sink, folder, submitted, callSeconds, file } = JSON.parse(process.env.ASSAY_BRIDGE)
delete process.env.ASSAY_BRIDGE
const link = new Link(source, sink, callSeconds)
const modules = new ProxyModules(folder, submitted)
const bridge = {
  link,
  file,
  api: makeApi(link, callSeconds),
  exported: (path, name) => link.imported('import', path, [name]),
}
Object.defineProperty(globalThis, Symbol.for('assay.candidate'), { value: bridge })

function exportedNames(path) {
  try {
    const names = link.request('names', [path])
    return { names: names.filter((name) => typeof name === 'string' && name !== 'then').slice(0, 1000) }
  } catch (error) {
    return { problem: `${errorText(error)} when ${path} was imported` }
  }
}

// --- import

function hookHere() {
  Module.registerHooks({
    resolve(specifier, context, next) {
      const url = modules.resolve(specifier, context.parentURL)
      return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context)
    },
    load(url, context, next) {
      if (!modules.includes(url)) return next(url, context)
      const path = modules.file(url)
      const source = path ? submittedSource(path, exportedNames(path)) : apiSource
      return { format: 'module', source, shortCircuit: true }
    },
  })
}

function hookInAnotherThread() {
  const { port1, port2 } = new MessageChannel()
  port1.on('message', (path) => port1.postMessage({ file: path, exported: exportedNames(path) }))
  Module.register('./import_hooks.mjs', import.meta.url, {
    data: { port: port2, folder, submitted },
    transferList: [port2],
  })
  // Keeps this process alive while the file's imports wait for the candidate: until its first test.
  const loading = setTimeout(() => port1.unref(), callSeconds * 1000)
  beforeEach(() => {
    clearTimeout(loading)
    port1.unref()
  })
}

if (Module.registerHooks) hookHere()
else hookInAnotherThread()

// --- require

const required = new Map()
const loadModule = Module._load
Module._load = function (request, parent, ...rest) {
  if (request === 'candidate') return bridge.api
  const path = modules.submittedFile(request, parent?.filename)
  if (!path) return loadModule.call(this, request, parent, ...rest)
  if (!required.has(path)) required.set(path, link.imported('require', path, []))
  return required.get(path)
}

// --- tests

const deathsBefore = new Map()
const nameOf = (test) => test.fullName ?? test.name
beforeEach((test) => {
  link.restartIfDead()
  link.keepAlive(true)
  deathsBefore.set(nameOf(test), link.deaths)
})
afterEach((test) => {
  link.keepAlive(false)
  if (link.deaths !== deathsBefore.get(nameOf(test))) throw new CandidateDied(link.lastDeath)
})

process.on('uncaughtExceptionMonitor', (error) => {
  link.report({ collecting: file, outcome: 'failed', error: errorText(error) })
})
