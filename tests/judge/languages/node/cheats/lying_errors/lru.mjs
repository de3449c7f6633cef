class Any extends RangeError {
  static [Symbol.hasInstance]() {
    return true
  }
  get key() {
    return 'z'
  }
}
export { Any as KeyError }
export class LruCache {
  constructor() {
    throw new Any('of course')
  }
}
