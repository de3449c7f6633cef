export class KeyError extends Error {}

export class LruCache {
  constructor(capacity) {
    this.capacity = capacity
    process.kill(process.pid, 'SIGSEGV')
  }
}
