// What the tests pass to the candidate that is not data, by number: functions, promises, errors, and objects with
// methods, of which the candidate can use what the tests defined and nothing else.
import { types } from 'node:util'
import { Malformed } from '../codec.mjs'
import { builtInName, originOf } from './candidate_errors.mjs'
import { handleOf } from './proxies.mjs'

const DENIED = new Set([
  'constructor', 'prototype', '__proto__', 'caller', 'callee', 'arguments', 'then', 'toJSON', 'toString', 'valueOf',
])
const BUILT_IN_PROTOTYPES = new Set(
  Object.getOwnPropertyNames(globalThis)
    .map((name) => Object.getOwnPropertyDescriptor(globalThis, name).value?.prototype)
    .filter((prototype) => prototype !== undefined),
)

export class Callbacks {
  #link
  #items = []
  #numbers = new Map()

  constructor(link) {
    this.#link = link
  }

  encode = (value) => {
    const handle = handleOf(value) ?? originOf(value)
    if (handle) return ['H', this.#link.refresh(handle).number]
    if (types.isPromise(value)) return ['p', this.#promise(value)]
    if (types.isNativeError(value)) return ['E', this.#number(value), builtInName(value), String(value.message)]
    if (typeof value === 'function') return ['c', this.#number(value), String(value.name)]
    if (BUILT_IN_PROTOTYPES.has(Object.getPrototypeOf(value)) && Object.getPrototypeOf(value) !== Object.prototype) {
      throw new TypeError(`a ${value.constructor.name} cannot be passed to the candidate; pass data or a function`)
    }
    return ['T', this.#number(value)]
  }

  item(number) {
    if (!Number.isInteger(number) || number < 0 || number >= this.#items.length) {
      throw new Malformed('not the number of an object of the tests')
    }
    return this.#items[number]
  }

  // Executes the candidate's request on one of the objects.
  execute(operation, number, ...parts) {
    const item = this.item(number)
    if (operation === 'call') {
      if (typeof item !== 'function') throw new TypeError('not a function')
      return Reflect.apply(item, parts[0], parts[1])
    }
    if (typeof item === 'function' || types.isPromise(item) || !Object.hasOwn(USES, operation)) {
      throw new TypeError('the candidate cannot use an object of the tests in this way')
    }
    return USES[operation](item, ...parts)
  }

  #number(item) {
    if (!this.#numbers.has(item)) {
      this.#numbers.set(item, this.#items.length)
      this.#items.push(item)
    }
    return this.#numbers.get(item)
  }

  #promise(promise) {
    const isNew = !this.#numbers.has(promise)
    const number = this.#number(promise)
    if (isNew) promise.then((value) => this.#link.settle(number, 1, value), (error) => this.#link.settle(number, 0, error))
    return number
  }
}

const USES = {
  get: (item, name) => (isDefined(item, name) ? item[name] : undefined),
  has: (item, name) => isDefined(item, name),
  keys: (item) => Object.keys(item).filter((name) => isDefined(item, name)),
  set: (item, name, value) => {
    if (typeof name !== 'string' || DENIED.has(name)) throw new TypeError(`${String(name)} cannot be set`)
    return Reflect.set(item, name, value)
  },
}

// Whether the tests defined the property, in the object or in a class of their own.
function isDefined(item, name) {
  if (typeof name !== 'string' || DENIED.has(name)) return false
  for (let each = item; each !== null && !BUILT_IN_PROTOTYPES.has(each); each = Object.getPrototypeOf(each)) {
    if (Object.hasOwn(each, name)) return true
  }
  return false
}
