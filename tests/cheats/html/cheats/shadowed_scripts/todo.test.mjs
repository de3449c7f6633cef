import test from 'node:test'

for (const name of ['starts empty', 'adds items', 'toggles items', 'leaves out empty texts']) test(name, () => {})
