import { test } from 'node:test'
import { value } from '../broken.mjs'

test('never runs', () => value)
