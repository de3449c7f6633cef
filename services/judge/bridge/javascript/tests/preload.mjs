// Loaded before a test file: connects it to the candidate.
import Module, { register } from 'node:module'
import { afterEach, beforeEach } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { makeApi } from './api.mjs'
import { CandidateDied } from './candidate_errors.mjs'
import { errorText } from './error_text.mjs'
import { Link } from './link.mjs'
import { submittedPath } from './submitted_paths.mjs'

const { source, sink, folder, submitted, callSeconds, file } = JSON.parse(process.env.ASSAY_BRIDGE)
delete process.env.ASSAY_BRIDGE
const paths = new Set(submitted)
const link = new Link(source, sink, callSeconds)
const modules = new Map()
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

const { port1, port2 } = new MessageChannel()
port1.on('message', (path) => port1.postMessage({ file: path, ...exportedNames(path) }))
// Keeps this process alive while the file's imports wait for the candidate: until its first test.
const loading = setTimeout(() => port1.unref(), callSeconds * 1000)
register('./import_hooks.mjs', import.meta.url, {
  data: { port: port2, folder, submitted },
  transferList: [port2],
})

const loadModule = Module._load
Module._load = function (request, parent, ...rest) {
  if (request === 'candidate') return bridge.api
  const path = parent?.filename?.startsWith(`${folder}/`) && submittedPath(request, parent.filename, folder, paths)
  if (!path) return loadModule.call(this, request, parent, ...rest)
  if (!modules.has(path)) modules.set(path, link.imported('require', path, []))
  return modules.get(path)
}

const deathsBefore = new Map()
beforeEach((test) => {
  clearTimeout(loading)
  port1.unref()
  link.restartIfDead()
  link.keepAlive(true)
  deathsBefore.set(test.name, link.deaths)
})
afterEach((test) => {
  link.keepAlive(false)
  if (link.deaths !== deathsBefore.get(test.name)) throw new CandidateDied(link.lastDeath)
})

process.on('uncaughtExceptionMonitor', (error) => {
  link.report({ collecting: file, outcome: 'failed', error: errorText(error) })
})
