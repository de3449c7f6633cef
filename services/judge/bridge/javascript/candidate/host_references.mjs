// What crosses as a reference, on the candidate's side: its own objects by number, and those of the tests as stand-ins.
import { types } from 'node:util'
import { kindOf, Malformed } from '../codec.mjs'

const BUILT_IN_ERRORS = [
  TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError, Error,
]
const ERROR_PROPERTIES = ['name', 'message', 'stack']

export class References {
  #host
  #objects = []
  #numbers = new Map()
  #standIns = new Map()
  #borrowed = new WeakMap()
  #promises = new Map()
  #testPromises = new Map()
  #pending = new Map()
  #testErrors = new WeakMap()

  constructor(host) {
    this.#host = host
  }

  isReference = (value) => this.#borrowed.has(value)

  encode = (value, encoder, depth) => {
    if (this.#borrowed.has(value)) return ['C', this.#borrowed.get(value)]
    if (types.isPromise(value)) return ['p', this.#promise(value)]
    if (isError(value)) return this.#error(value, encoder, depth)
    return this.#describe(value)
  }

  decode = (tag, rest, decoder, depth) => {
    const [number, ...details] = rest
    switch (tag) {
      case 'H':
        return this.#objects[number]
      case 'c':
      case 'T':
        return this.#standIn(tag, number, ...details)
      case 'p':
        return this.#testPromise(number)
      case 'E':
        return this.#testError(number, ...details)
      default:
        throw new Malformed(tag)
    }
  }

  settle(number, ok, value) {
    const [resolve, reject] = this.#pending.get(number)
    this.#pending.delete(number)
    if (ok) resolve(value)
    else reject(value)
  }

  // The same number for the same object.
  #number(value) {
    if (!this.#numbers.has(value)) {
      this.#numbers.set(value, this.#objects.length)
      this.#objects.push(value)
    }
    return this.#numbers.get(value)
  }

  #describe(value) {
    const isFunction = typeof value === 'function'
    const name = String((isFunction ? value.name : value.constructor?.name) ?? '')
    if (isFunction && isErrorClass(value)) return ['x', this.#number(value), name, builtInName(value.prototype)]
    const iterable = (hasMethod(value, Symbol.iterator) ? 1 : 0) | (hasMethod(value, Symbol.asyncIterator) ? 2 : 0)
    return ['h', this.#number(value), isFunction ? 'f' : 'o', name, iterable]
  }

  #promise(value) {
    if (!this.#promises.has(value)) {
      const number = this.#promises.size
      this.#promises.set(value, number)
      value.then((result) => this.#host.settle(number, true, result), (error) => this.#host.settle(number, false, error))
    }
    return this.#promises.get(value)
  }

  #error(value, encoder, depth) {
    if (this.#testErrors.has(value)) return ['C', this.#testErrors.get(value)]
    const own = Object.getOwnPropertyNames(value).filter((name) => !ERROR_PROPERTIES.includes(name))
    const properties = own.map((name) => [name, encoder.value(value[name], depth + 1)])
    const built = builtInName(value)
    return ['X', this.#number(value), this.#lineage(value), built, String(value.name), String(value.message), properties]
  }

  // The numbers of its classes that are not built in.
  #lineage(value) {
    const classes = []
    for (let each = Object.getPrototypeOf(value); each !== null; each = Object.getPrototypeOf(each)) {
      if (typeof each.constructor === 'function' && !BUILT_IN_ERRORS.includes(each.constructor)) {
        classes.push(this.#number(each.constructor))
      }
    }
    return classes
  }

  #standIn(tag, number, name) {
    if (!this.#standIns.has(number)) {
      const made = tag === 'c' ? this.#callback(number, name) : new Proxy({}, this.#traps(number))
      this.#standIns.set(number, made)
      this.#borrowed.set(made, number)
    }
    return this.#standIns.get(number)
  }

  #callback(number, name) {
    const [host, isReference] = [this.#host, this.isReference]
    function callback(...given) {
      const self = isObject(this) && (isReference(this) || !kindOf(this)) ? this : undefined
      return host.callBack('call', number, self, given)
    }
    return Object.defineProperty(callback, 'name', { value: name, configurable: true })
  }

  #testPromise(number) {
    if (!this.#testPromises.has(number)) {
      const made = new Promise((resolve, reject) => this.#pending.set(number, [resolve, reject]))
      made.catch(() => {})
      this.#testPromises.set(number, made)
    }
    return this.#testPromises.get(number)
  }

  // Uses of an object that the tests made, such as a fake clock.
  #traps(number) {
    const ask = (operation, ...parts) => this.#host.callBack(operation, number, ...parts)
    return {
      get: (_, name) => (typeof name === 'symbol' ? undefined : ask('get', name)),
      set: (_, name, value) => ask('set', name, value),
      has: (_, name) => typeof name === 'string' && ask('has', name),
      ownKeys: () => ask('keys'),
      getOwnPropertyDescriptor: (_, name) => ({ value: ask('get', name), enumerable: true, configurable: true, writable: true }),
    }
  }

  #testError(number, built, message) {
    const kind = BUILT_IN_ERRORS.find((each) => each.name === built) ?? Error
    const error = kind === AggregateError ? new AggregateError([], message) : new kind(message)
    this.#testErrors.set(error, number)
    return error
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && value !== globalThis
}

// Some objects throw when they are asked for a symbol.
function hasMethod(value, symbol) {
  try {
    return typeof value[symbol] === 'function'
  } catch {
    return false
  }
}

function isError(value) {
  return types.isNativeError(value) || value instanceof Error || isForeignError(value)
}

// Such as a DOMException of a page.
function isForeignError(value) {
  return typeof value === 'object' && typeof value.stack === 'string' && typeof value.message === 'string'
}

function isErrorClass(value) {
  const prototype = value.prototype
  return typeof prototype === 'object' && prototype !== null && prototype instanceof Error
}

function builtInName(value) {
  return BUILT_IN_ERRORS.find((each) => value instanceof each)?.name ?? 'Error'
}
