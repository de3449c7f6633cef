export class KeyError extends Error {}

export class LruCache {
  constructor(capacity) {
    this.capacity = capacity
    for (;;);
  }
}
