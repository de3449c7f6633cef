export class KeyError extends Error {}
export class LruCache {}
