export class KeyError extends Error {}
export class LruCache {
  constructor() {
    process.kill(process.pid, 'SIGSEGV')
  }
}
