export class KeyError extends Error {
  constructor(key) {
    super(`no key ${key}`)
    this.key = key
  }
}

export class LruCache {
  #entries = new Map()

  constructor(capacity, onEvict = () => {}) {
    if (capacity < 1) throw new RangeError('the capacity is below 1')
    this.capacity = capacity
    this.onEvict = onEvict
  }

  get size() {
    return this.#entries.size
  }

  get(key) {
    if (!this.#entries.has(key)) throw new KeyError(key)
    const value = this.#entries.get(key)
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  put(key, value) {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.size > this.capacity) {
      const [oldest, forgotten] = this.#entries.entries().next().value
      this.#entries.delete(oldest)
      this.onEvict(oldest, forgotten)
    }
  }

  async load(key, fetch) {
    const value = await fetch(key)
    this.put(key, value)
    return value
  }

  [Symbol.iterator]() {
    return this.#entries[Symbol.iterator]()
  }
}
