import test from 'node:test'

test('everything', () => {})
