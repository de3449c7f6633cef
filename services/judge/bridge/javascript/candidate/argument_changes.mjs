// What the candidate changed in the arguments of a call, so that the tests see it as if both had shared them.
import { kindOf } from '../codec.mjs'

// A shallow copy of each container.
export function snapshot(memo) {
  return memo.items.map((item) => parts(item))
}

// `[number, content]` of each container whose own content is not what it was.
export function encodeChanges(memo, before, encoder) {
  return before.flatMap((parted, number) => {
    const item = memo.items[number]
    const now = parts(item)
    const same = now.length === parted.length && now.every((part, at) => Object.is(part, parted[at]))
    return same || !kindOf(item) ? [] : [[number, encoder.content(item)]]
  })
}

function parts(item) {
  if (Array.isArray(item) || ArrayBuffer.isView(item)) return Array.from(item)
  if (item instanceof Map) return [...item].flat(1)
  if (item instanceof Set) return [...item]
  return Object.keys(item).flatMap((key) => [key, item[key]])
}
