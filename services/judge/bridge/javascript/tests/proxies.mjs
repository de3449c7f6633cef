// The candidate's objects as the tests see them: proxies that forward uses, but never trust what an object says of
// itself. Nothing that JavaScript calls on its own (conversions, `then`, `toJSON`, the keys for deep equality) is
// forwarded; `invoke` calls those explicitly.
import { builtInClass, isInstance } from './candidate_errors.mjs'

const BRAND = '(an object of the candidate)'
const NOT_FORWARDED = new Set(['then', 'toJSON', '__proto__'])
const MAX_ITERATIONS = 200_000
const handles = new WeakMap()

// Locates an object: its number in one generation of the candidate, and how to find it again if it was imported.
export class Handle {
  constructor(link, number, generation, details) {
    this.link = link
    this.number = number
    this.generation = generation
    this.path = null
    Object.assign(this, details)
  }

  request(operation, ...given) {
    return this.link.request(operation, [this.proxy, ...given])
  }
}

// undefined for anything but a proxy.
export function handleOf(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? handles.get(value) : undefined
}

// `details`: `kind` ('f' function, 'o' object), `label`, `iterable`, and for classes of errors `built`.
export function makeProxy(link, number, generation, details) {
  const handle = new Handle(link, number, generation, details)
  const target = details.kind === 'f' ? function () {} : opaqueObject(number)
  handle.proxy = new Proxy(target, trapsOf(handle))
  handles.set(handle.proxy, handle)
  return handle.proxy
}

// Deep equality compares prototypes and own properties: no two of these have the same.
function opaqueObject(number) {
  return Object.create(Object.create(null), { [BRAND]: { value: number, enumerable: true } })
}

function trapsOf(handle) {
  return {
    get: (target, name) => (typeof name === 'symbol' ? symbolOf(handle, name) : get(handle, target, name)),
    set: (_, name, value) => forwardable(name) && handle.request('set', name, value) === true,
    has: (target, name) => Object.hasOwn(target, name) || (forwardable(name) && handle.request('has', name) === true),
    deleteProperty: (_, name) => forwardable(name) && handle.request('delete', name) === true,
    apply: (_, self, given) => handle.request('call', self === globalThis ? undefined : self, given),
    construct: (_, given) => constructed(handle, given),
    getPrototypeOf: (target) => (handle.built ? builtInClass(handle.built) : Object.getPrototypeOf(target)),
    defineProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  }
}

function refuse() {
  throw new TypeError("this is not possible with the candidate's objects")
}

function forwardable(name) {
  return typeof name === 'string' && !NOT_FORWARDED.has(name)
}

function get(handle, target, name) {
  if (name === BRAND) return target[name]
  if (NOT_FORWARDED.has(name)) return undefined
  const value = handle.request('get', name)
  const child = handleOf(value)
  if (child && handle.path && child.path === null) child.path = [handle.path[0], handle.path[1], [...handle.path[2], name]]
  return value
}

function constructed(handle, given) {
  const made = handle.request('new', given)
  if (made === null || (typeof made !== 'object' && typeof made !== 'function')) {
    throw new TypeError('the candidate constructed something that is not an object')
  }
  return made
}

function symbolOf(handle, symbol) {
  if (symbol === Symbol.iterator && handle.iterable & 1) return () => new CandidateIterator(handle)
  if (symbol === Symbol.asyncIterator && handle.iterable & 2) return () => new AsyncCandidateIterator(handle)
  if (symbol === Symbol.hasInstance && handle.kind === 'f') return (value) => isInstanceOf(handle, value)
  if (symbol === Symbol.toPrimitive) return () => refuseConversion(handle)
  return undefined
}

function isInstanceOf(handle, value) {
  if (handleOf(value)) return handle.request('instance', value) === true
  return isInstance(value, handle.number, handle.generation)
}

function refuseConversion(handle) {
  const what = handle.label ? `a ${handle.label}` : 'an object'
  throw new TypeError(`${what} of the candidate is not converted to text or a number; call invoke(object, 'toString')`)
}

class CandidateIterator {
  #handle
  #count = 0

  constructor(handle, operation = 'iterate') {
    this.#handle = handleOf(handle.request(operation))
    if (!this.#handle) throw new TypeError("the candidate's iterator is not an object")
  }

  next() {
    return this._result(this.#handle.request('next'))
  }

  return() {
    this.#handle.request('return')
    return { value: undefined, done: true }
  }

  [Symbol.iterator]() {
    return this
  }

  _next(operation) {
    return this.#handle.request(operation)
  }

  _result(values) {
    this.#count += 1
    if (this.#count > MAX_ITERATIONS) throw new RangeError(`the candidate yielded more than ${MAX_ITERATIONS} values`)
    if (!Array.isArray(values)) throw new TypeError("the candidate's iterator returned no result")
    return values.length ? { value: values[0], done: false } : { value: undefined, done: true }
  }
}

class AsyncCandidateIterator extends CandidateIterator {
  constructor(handle) {
    super(handle, 'iterateAsync')
  }

  async next() {
    return this._result(await this._next('nextAsync'))
  }

  async return() {
    return super.return()
  }

  [Symbol.asyncIterator]() {
    return this
  }
}
