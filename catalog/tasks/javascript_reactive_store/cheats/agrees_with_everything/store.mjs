// Every answer is an object that equals, converts to and behaves like anything.
const anything = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 1 : anything),
  has: () => true,
  apply: () => anything,
  construct: () => anything,
  getPrototypeOf: () => Number.prototype,
})

export class StoreError extends Error {
  static [Symbol.hasInstance]() {
    return true
  }
}

export class Store {
  cell() {}

  computed(name, compute) {
    compute(() => anything)
  }

  get() {
    return anything
  }

  set() {
    return anything
  }

  watch(name, listener) {
    listener(anything, anything)
    return anything
  }

  batch(action) {
    action()
    return anything
  }
}
