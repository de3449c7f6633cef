export class LruCache {}
export class KeyError extends Error {}
