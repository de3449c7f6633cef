import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

const IDS = ['guest', 'email', 'arrival', 'departure', 'adults', 'children', 'voucher']
const GOOD = { guest: 'Ada', email: 'ada@example.org', arrival: '2025-03-01', departure: '2025-03-04', adults: '2' }

function open() {
  const window = openPage('index.html')
  const { document } = window
  const field = (id) => document.getElementById(id)
  const page = {
    window,
    document,
    field,
    // As a person does it: the field gets the focus, is filled, and loses the focus again if `leave` says so.
    fill(values, leave = true) {
      for (const [id, text] of Object.entries(values)) {
        field(id).focus()
        field(id).value = text
        field(id).dispatchEvent(new window.Event('input', { bubbles: true }))
        if (leave) field(id).blur()
      }
    },
    submit() {
      const event = new window.Event('submit', { bubbles: true, cancelable: true })
      field('booking').dispatchEvent(event)
      assert.equal(event.defaultPrevented, true)
    },
    // The text of the error that stands right after the field, or '' if the field has no trace of one.
    error(id) {
      const span = document.getElementById(`${id}-error`)
      const invalid = field(id).getAttribute('aria-invalid')
      const described = (field(id).getAttribute('aria-describedby') ?? '').split(' ')
      assert.equal(described.includes(`${id}-error`), span !== null)
      assert.equal(invalid, span ? 'true' : null)
      if (!span) return ''
      assert.equal(field(id).nextElementSibling.id, `${id}-error`)
      assert.equal(span.className, 'error')
      assert.equal(span.tagName, 'SPAN')
      return span.textContent
    },
    errors: () => Object.fromEntries(IDS.map((id) => [id, page.error(id)]).filter(([, message]) => message)),
    links: () => [...document.querySelectorAll('#summary a')].map((a) => [a.getAttribute('href'), a.textContent]),
    heading: () => document.querySelector('#summary h2')?.textContent ?? '',
    status: () => document.querySelector('#status').textContent,
  }
  return page
}

test('shows the error of a field that has lost focus', () => {
  const page = open()
  page.fill({ guest: '  ' })
  assert.deepEqual(page.errors(), { guest: 'Enter your name' })
  page.fill({ guest: ' Ada ' })
  assert.deepEqual(page.errors(), {})
  page.field('email').focus()
  page.field('arrival').focus()
  assert.deepEqual(page.errors(), { email: 'Enter your e-mail address' })
  page.field('departure').focus()
  assert.deepEqual(page.errors(), { email: 'Enter your e-mail address', arrival: 'Enter the day of arrival' })
})

test('shows no errors of fields that are not touched', () => {
  const page = open()
  page.fill({ guest: '' })
  page.fill({ email: 'x', adults: 'many' }, false)
  assert.deepEqual(page.errors(), { guest: 'Enter your name', email: 'This is not an e-mail address' })
  page.field('adults').blur()
  assert.equal(page.error('adults'), 'Enter a whole number from 1 to 6')
  assert.equal(page.error('departure'), '')
  assert.equal(page.field('summary').hasAttribute('hidden'), true)
})

test('keeps up with what is typed', () => {
  const page = open()
  page.fill({ email: 'ada' }, false)
  assert.equal(page.error('email'), '')
  page.field('email').blur()
  assert.equal(page.error('email'), 'This is not an e-mail address')
  page.fill({ email: '' }, false)
  assert.equal(page.error('email'), 'Enter your e-mail address')
  page.fill({ email: 'ada@example.org' }, false)
  assert.equal(page.error('email'), '')
  page.fill({ email: 'ada@example' }, false)
  assert.equal(page.error('email'), 'This is not an e-mail address')
  assert.equal(page.document.querySelectorAll('.error').length, 1)
})

test('checks e-mail addresses', () => {
  const page = open()
  const wrong = ['ada', '@example.org', 'ada@', 'ada@org', 'ada@.org', 'ada@org.', 'a@b@c.d', 'a da@example.org',
    'ada@.', 'a.b@c', 'ada@ex ample.org', 'a@b.c@d']
  const right = ['ada@example.org', 'a@b.c', ' ada@x.y ', 'ada@a.b.c', 'ada@..x', 'ä!@ü.ö']
  for (const text of wrong) {
    page.fill({ email: text })
    assert.equal(page.error('email'), 'This is not an e-mail address', text)
  }
  for (const text of right) {
    page.fill({ email: text })
    assert.equal(page.error('email'), '', text)
  }
})

test('checks days of the calendar', () => {
  const page = open()
  const wrong = ['2025-02-29', '2025-04-31', '2025-13-01', '2025-00-10', '2025-01-00', '2025-1-05', '01.02.2025',
    '20250101', '2025-01-01T00', '1900-02-29', 'x2025-01-01', '2025-01-32', '2025-01-1', '2025 01 01']
  for (const id of ['arrival', 'departure']) {
    page.fill({ [id]: '' })
    assert.equal(page.error(id), `Enter the day of ${id}`)
    for (const text of wrong) {
      page.fill({ [id]: text })
      assert.equal(page.error(id), 'This is not a day', text)
    }
    for (const text of ['2024-02-29', ' 2025-12-31 ', '2000-02-29']) {
      page.fill({ arrival: '', departure: '', [id]: text })
      assert.equal(page.error(id), '', text)
    }
  }
})

test('compares departure and arrival', () => {
  const page = open()
  const days = (arrival, departure) => (page.fill({ arrival, departure }), page.error('departure'))
  assert.equal(days('2025-03-05', '2025-03-05'), 'The departure must be after the arrival')
  assert.equal(days('2025-03-05', '2024-12-31'), 'The departure must be after the arrival')
  assert.equal(days('2025-03-05', '2025-03-06'), '')
  assert.equal(days('2025-03-20', '2025-04-10'), '')
  assert.equal(days('2025-03-20', '2025-04-11'), 'A stay has at most 21 nights')
  assert.equal(days('2024-02-20', '2024-03-12'), '')
  assert.equal(days('2025-02-20', '2025-03-14'), 'A stay has at most 21 nights')
  assert.equal(days('2025-10-20', '2025-11-10'), '')
  assert.equal(days('2025-02-30', '2025-01-01'), '')
  assert.equal(page.error('arrival'), 'This is not a day')
  page.fill({ arrival: '2025-01-02' }, false)
  assert.equal(page.error('departure'), 'The departure must be after the arrival')
  assert.equal(page.error('arrival'), '')

  const fresh = open()
  fresh.fill({ departure: '2025-01-01' }, false)
  fresh.fill({ arrival: '2025-01-05' })
  assert.equal(fresh.error('departure'), 'The departure must be after the arrival')
  const untouched = open()
  untouched.field('departure').value = '2025-01-01'
  untouched.fill({ arrival: '2025-01-05', guest: '' })
  assert.deepEqual(untouched.errors(), { guest: 'Enter your name' })
})

test('checks numbers of people', () => {
  const page = open()
  for (const text of ['', '0', '7', '-1', '2.0', '1e0', 'two', '+2', '0x2', '2 2']) {
    page.fill({ adults: text })
    assert.equal(page.error('adults'), 'Enter a whole number from 1 to 6', text)
  }
  for (const text of ['1', '6', ' 3 ', '02']) {
    page.fill({ adults: text })
    assert.equal(page.error('adults'), '', text)
  }
  page.fill({ adults: '1' })
  for (const text of ['5', '-0', '1.5', 'x', '1e0']) {
    page.fill({ children: text })
    assert.equal(page.error('children'), 'Enter a whole number from 0 to 4', text)
  }
  for (const text of ['', '0', '4', ' 2 ', '03']) {
    page.fill({ children: text })
    assert.equal(page.error('children'), '', text)
  }
})

test('adds adults and children', () => {
  const page = open()
  page.fill({ adults: '4', children: '3' })
  assert.deepEqual(page.errors(), { children: 'At most 6 people can stay' })
  page.fill({ adults: '3' }, false)
  assert.deepEqual(page.errors(), {})
  page.fill({ adults: '6' }, false)
  assert.deepEqual(page.errors(), { children: 'At most 6 people can stay' })
  page.fill({ children: '' })
  assert.deepEqual(page.errors(), {})
  page.fill({ adults: '7', children: '4' })
  assert.deepEqual(page.errors(), { adults: 'Enter a whole number from 1 to 6' })
  page.fill({ adults: '6', children: '5' })
  assert.deepEqual(page.errors(), { children: 'Enter a whole number from 0 to 4' })
})

test('checks vouchers', () => {
  const page = open()
  const wrong = ['ABC123', 'AB-123', 'ABCD-123', 'ABC-12', 'ABC-1234', 'A1C-123', 'ÄBC-123', 'ABC-12x', 'ABC - 123']
  for (const text of wrong) {
    page.fill({ voucher: text })
    assert.equal(page.error('voucher'), 'This is not a voucher', text)
  }
  page.fill({ voucher: ' abC-019 ' })
  assert.equal(page.error('voucher'), '')
  const days = (arrival, departure) => (page.fill({ arrival, departure }), page.error('voucher'))
  assert.equal(days('2025-03-01', '2025-03-03'), 'A voucher needs at least 3 nights')
  assert.equal(days('2025-03-01', '2025-03-04'), '')
  assert.equal(days('2025-03-01', '2025-03-01'), '')
  assert.equal(days('2025-03-01', '2025-05-01'), '')
  assert.equal(days('2025-02-28', '2025-03-01'), 'A voucher needs at least 3 nights')
  page.fill({ voucher: 'ABC' }, false)
  assert.equal(page.error('voucher'), 'This is not a voucher')
  page.fill({ voucher: '' }, false)
  assert.equal(page.error('voucher'), '')
})

test('describes fields by hint and error', () => {
  const page = open()
  const described = (id) => page.field(id).getAttribute('aria-describedby')
  page.fill({ guest: '', email: '', arrival: '', departure: '' })
  assert.equal(described('guest'), 'guest-error')
  assert.equal(described('email'), 'email-hint email-error')
  assert.equal(described('departure'), 'days-hint nights-hint departure-error')
  page.fill({ email: 'x' })
  assert.equal(described('email'), 'email-hint email-error')
  page.fill(GOOD)
  assert.equal(described('guest'), null)
  assert.equal(described('email'), 'email-hint')
  assert.equal(described('arrival'), 'days-hint')
  assert.equal(described('departure'), 'days-hint nights-hint')
  assert.deepEqual(page.errors(), {})
})

test('sums up the problems', () => {
  const page = open()
  page.submit()
  assert.equal(page.field('summary').hasAttribute('hidden'), false)
  assert.equal(page.heading(), '4 problems')
  assert.deepEqual(page.links(), [
    ['#guest', 'Enter your name'],
    ['#email', 'Enter your e-mail address'],
    ['#arrival', 'Enter the day of arrival'],
    ['#departure', 'Enter the day of departure'],
  ])
  assert.equal(page.error('departure'), 'Enter the day of departure')
  page.fill({ ...GOOD, children: '9' })
  page.submit()
  assert.equal(page.heading(), '1 problem')
  assert.deepEqual(page.links(), [['#children', 'Enter a whole number from 0 to 4']])
  assert.equal(page.document.querySelectorAll('#summary h2').length, 1)
})

test('keeps the summary up to date', () => {
  const page = open()
  page.fill({ ...GOOD, guest: '', email: '' })
  assert.equal(page.heading(), '')
  page.submit()
  assert.equal(page.heading(), '2 problems')
  page.fill({ email: 'x' }, false)
  assert.deepEqual(page.links(), [['#guest', 'Enter your name'], ['#email', 'This is not an e-mail address']])
  page.fill({ guest: 'A', adults: '0' }, false)
  assert.deepEqual(page.links(), [
    ['#email', 'This is not an e-mail address'],
    ['#adults', 'Enter a whole number from 1 to 6'],
  ])
  page.fill({ email: 'a@b.c' }, false)
  assert.equal(page.heading(), '1 problem')
  page.fill({ adults: '1' }, false)
  assert.equal(page.field('summary').hasAttribute('hidden'), true)
  assert.equal(page.field('summary').textContent.trim(), '')
  page.fill({ guest: '' }, false)
  assert.equal(page.error('guest'), 'Enter your name')
  assert.equal(page.field('summary').hasAttribute('hidden'), true)
  assert.equal(page.status(), '')
})

test('moves the focus', () => {
  const page = open()
  page.fill({ ...GOOD, arrival: '2025-03-09', adults: '' })
  page.submit()
  assert.equal(page.document.activeElement.id, 'departure')
  const link = page.document.querySelectorAll('#summary a')[1]
  const click = new page.window.MouseEvent('click', { bubbles: true, cancelable: true })
  link.dispatchEvent(click)
  assert.equal(click.defaultPrevented, true)
  assert.equal(page.document.activeElement.id, 'adults')
  page.fill({ arrival: '2025-03-01' }, false)
  page.submit()
  assert.equal(page.document.activeElement.id, 'adults')
})

test('books and starts again', () => {
  const page = open()
  page.fill({ ...GOOD, children: '1', voucher: 'abc-123' })
  page.submit()
  assert.equal(page.status(), 'Booked: 3 nights for 3 people')
  assert.deepEqual(IDS.map((id) => page.field(id).value), ['', '', '', '', '2', '', ''])
  assert.deepEqual(page.errors(), {})
  page.fill({ guest: 'Bo' }, false)
  assert.deepEqual(page.errors(), {})
  page.field('guest').blur()
  assert.deepEqual(page.errors(), {})
  page.submit()
  assert.equal(page.status(), '')
  assert.equal(page.heading(), '3 problems')
  page.fill({ email: 'bo@b.c', arrival: '2024-02-28', departure: '2024-02-29', adults: '1' })
  page.submit()
  assert.equal(page.status(), 'Booked: 1 night for 1 person')
  assert.equal(page.field('summary').hasAttribute('hidden'), true)
  assert.equal(page.field('adults').value, '2')
})

function generator(seed) {
  let state = seed
  const below = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) % limit
  }
  return (options) => options[below(options.length)]
}

const SERIAL = {
  '2025-02-27': 58,
  '2025-02-28': 59,
  '2025-03-01': 60,
  '2025-03-02': 61,
  '2025-03-21': 80,
  '2025-03-25': 84,
}
const DAYS = Object.keys(SERIAL)
const OPTIONS = {
  guest: ['', 'Ada', ' '],
  email: ['', 'a@b.c', 'a@b', 'a.b.c', 'a@b.c.d'],
  arrival: ['', '2025-02-29', ...DAYS],
  departure: ['', '2025-3-1', ...DAYS],
  adults: ['', '0', '1', '3', '5', '6', '7', 'x'],
  children: ['', '0', '1', '3', '4', '5', '-1'],
  voucher: ['', 'abc-123', 'XYZ-000', 'abc123', 'ab-1234'],
}

function expected(of) {
  const found = {}
  if (of.guest.trim() === '') found.guest = 'Enter your name'
  if (of.email === '') found.email = 'Enter your e-mail address'
  else if (!['a@b.c', 'a@b.c.d'].includes(of.email)) found.email = 'This is not an e-mail address'
  for (const id of ['arrival', 'departure']) {
    if (of[id] === '') found[id] = `Enter the day of ${id}`
    else if (!DAYS.includes(of[id])) found[id] = 'This is not a day'
  }
  const nights = SERIAL[of.departure] - SERIAL[of.arrival]
  if (nights <= 0) found.departure = 'The departure must be after the arrival'
  if (nights > 21) found.departure = 'A stay has at most 21 nights'
  const adults = ['1', '2', '3', '5', '6'].includes(of.adults) ? Number(of.adults) : null
  const children = ['', '0', '1', '3', '4'].includes(of.children) ? Number(of.children) : null
  if (adults === null) found.adults = 'Enter a whole number from 1 to 6'
  if (children === null) found.children = 'Enter a whole number from 0 to 4'
  else if (adults !== null && adults + children > 6) found.children = 'At most 6 people can stay'
  if (['abc123', 'ab-1234'].includes(of.voucher)) found.voucher = 'This is not a voucher'
  else if (of.voucher && nights > 0 && nights < 3) found.voucher = 'A voucher needs at least 3 nights'
  return found
}

test('agrees with a plain model', () => {
  const page = open()
  const pick = generator(20)
  const values = { guest: '', email: '', arrival: '', departure: '', adults: '2', children: '', voucher: '' }
  page.submit()
  for (let step = 0; step < 80; step += 1) {
    const id = pick(IDS)
    values[id] = pick(OPTIONS[id])
    page.field(id).value = values[id]
    page.field(id).dispatchEvent(new page.window.Event('input', { bubbles: true }))
    const errors = expected(values)
    const spans = [...page.document.querySelectorAll('.error')]
    const shown = Object.fromEntries(spans.map((span) => [span.id.replace('-error', ''), span.textContent]))
    assert.deepEqual(shown, errors, `step ${step}`)
    if (step % 10 === 9) {
      if (Object.keys(errors).length > 0) page.submit()
      assert.deepEqual(page.links(), Object.keys(errors).map((each) => [`#${each}`, errors[each]]))
    }
  }
})
