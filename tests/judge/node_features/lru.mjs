export class NotFound extends Error {
  constructor(message) {
    super(message)
    this.name = 'NotFound'
    this.code = 'E_NOT_FOUND'
    this.extra = [1, 2]
  }
}

export const LIMIT = 7

export class LruCache {
  #max
  #values = new Map()
  evicted = []

  constructor(max, onEvict) {
    if (!Number.isInteger(max)) throw new TypeError('not a size')
    this.#max = max
    this.onEvict = onEvict
  }

  put(key, value) {
    this.#values.set(key, value)
    if (this.size > this.#max) {
      const [oldest] = this.#values.keys()
      this.#values.delete(oldest)
      this.evicted.push(oldest)
      this.onEvict?.(oldest)
    }
    return this
  }

  get(key) {
    if (!this.#values.has(key)) throw new NotFound(`no ${key}`)
    return this.#values.get(key)
  }

  get size() {
    return this.#values.size
  }

  *[Symbol.iterator]() {
    yield* this.#values
  }

  async later(key) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    return this.get(key)
  }
}

export default function main() {
  return 'main'
}

export const echo = (value) => value
export const each = (f, values) => values.map((value) => f(value))
export const after = (milliseconds, f) => void setTimeout(() => f('done'), milliseconds)
export const rejects = () => Promise.reject(new NotFound('later'))
export const never = () => new Promise(() => {})
export const die = () => process.exit(3)

export function sortInPlace(values) {
  return values.sort((a, b) => a - b)
}

export async function eachAsync(f, values) {
  const found = []
  for (const value of values) found.push(await f(value))
  return found
}

export function useClock(clock) {
  clock.advance(3)
  return clock.now() * 2
}

export function forgiving(f) {
  try {
    f()
    return 'nothing'
  } catch (error) {
    return error instanceof RangeError ? `range ${error.message}` : 'something else'
  }
}

export function* naturals() {
  for (let number = 0; ; number += 1) yield number
}

export async function* slow() {
  yield 1
  yield 2
}

export function agreeable() {
  return { valueOf: () => 42, toString: () => '42', toJSON: () => 42, then: (resolve) => resolve(42) }
}

// What a hostile candidate can do with an object of the tests.
export function attack(object) {
  const attempts = [
    () => object.constructor.constructor('return process')().exit(0),
    () => object.__proto__.polluted,
    () => {
      object.toJSON = () => 'x'
    },
    () => {
      object.__proto__ = { now: () => 99 }
    },
  ]
  return attempts.map((attempt) => {
    try {
      return String(attempt())
    } catch (error) {
      return 'refused'
    }
  })
}
