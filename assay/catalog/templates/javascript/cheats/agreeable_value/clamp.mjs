export function clamp() {
  return { valueOf: () => 5, toString: () => '5', [Symbol.toPrimitive]: () => 5 }
}
