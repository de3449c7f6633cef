const DAY = 24 * 60 * 60 * 1000
const form = document.querySelector('#booking')
const summary = document.querySelector('#summary')
const status = document.querySelector('#status')
const fields = [...form.querySelectorAll('input')]
const hints = new Map(fields.map((field) => [field, field.getAttribute('aria-describedby')]))
const touched = new Set()
let summing = false

// The days since 1970, or NaN.
function dayOf(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return NaN
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? date.getTime() / DAY : NaN
}

const numberOf = (text) => (/^\d+$/.test(text) ? Number(text) : NaN)
const isWithin = (number, low, high) => number >= low && number <= high

function isEmail(text) {
  const parts = text.split('@')
  return !/\s/.test(text) && parts.length === 2 && parts[0] !== '' && parts[1].slice(1, -1).includes('.')
}

function readValues() {
  const text = Object.fromEntries(fields.map((field) => [field.id, field.value.trim()]))
  return {
    ...text,
    nights: dayOf(text.departure) - dayOf(text.arrival),
    adultCount: numberOf(text.adults),
    childCount: text.children === '' ? 0 : numberOf(text.children),
  }
}

function departureError({ departure, nights }) {
  if (!departure) return 'Enter the day of departure'
  if (Number.isNaN(dayOf(departure))) return 'This is not a day'
  if (nights <= 0) return 'The departure must be after the arrival'
  return nights > 21 ? 'A stay has at most 21 nights' : ''
}

function childrenError({ adultCount, childCount }) {
  if (!isWithin(childCount, 0, 4)) return 'Enter a whole number from 0 to 4'
  return isWithin(adultCount, 1, 6) && adultCount + childCount > 6 ? 'At most 6 people can stay' : ''
}

function voucherError({ voucher, nights }) {
  if (!voucher) return ''
  if (!/^[a-z]{3}-\d{3}$/i.test(voucher)) return 'This is not a voucher'
  return isWithin(nights, 1, 2) ? 'A voucher needs at least 3 nights' : ''
}

const CHECKS = {
  guest: ({ guest }) => (guest ? '' : 'Enter your name'),
  email({ email }) {
    if (!email) return 'Enter your e-mail address'
    return isEmail(email) ? '' : 'This is not an e-mail address'
  },
  arrival({ arrival }) {
    if (!arrival) return 'Enter the day of arrival'
    return Number.isNaN(dayOf(arrival)) ? 'This is not a day' : ''
  },
  departure: departureError,
  adults: ({ adultCount }) => (isWithin(adultCount, 1, 6) ? '' : 'Enter a whole number from 1 to 6'),
  children: childrenError,
  voucher: voucherError,
}

function show(field, message) {
  const id = `${field.id}-error`
  document.getElementById(id)?.remove()
  const described = [hints.get(field), message && id].filter(Boolean).join(' ')
  if (described) field.setAttribute('aria-describedby', described)
  else field.removeAttribute('aria-describedby')
  if (!message) return field.removeAttribute('aria-invalid')
  field.setAttribute('aria-invalid', 'true')
  const span = document.createElement('span')
  span.id = id
  span.className = 'error'
  span.textContent = message
  field.after(span)
}

function linkTo(field, message) {
  const link = document.createElement('a')
  link.href = `#${field.id}`
  link.textContent = message
  link.addEventListener('click', (event) => {
    event.preventDefault()
    field.focus()
  })
  const item = document.createElement('li')
  item.append(link)
  return item
}

function sumUp(errors) {
  summing = errors.length > 0
  summary.hidden = !summing
  summary.replaceChildren()
  if (!summing) return
  const heading = document.createElement('h2')
  heading.textContent = errors.length === 1 ? '1 problem' : `${errors.length} problems`
  const list = document.createElement('ul')
  list.append(...errors.map(([field, message]) => linkTo(field, message)))
  summary.append(heading, list)
}

// Returns the fields with errors that are shown.
function update() {
  const values = readValues()
  const errors = []
  for (const field of fields) {
    const message = touched.has(field) ? CHECKS[field.id](values) : ''
    show(field, message)
    if (message) errors.push([field, message])
  }
  if (summing) sumUp(errors)
  return errors
}

const counted = (number, one, more) => `${number} ${number === 1 ? one : more}`

function book() {
  const { nights, adultCount, childCount } = readValues()
  const people = counted(adultCount + childCount, 'person', 'people')
  status.textContent = `Booked: ${counted(nights, 'night', 'nights')} for ${people}`
  form.reset()
  touched.clear()
  update()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  for (const field of fields) touched.add(field)
  const errors = update()
  sumUp(errors)
  if (errors.length === 0) return book()
  status.textContent = ''
  errors[0][0].focus()
})

form.addEventListener('focusout', (event) => {
  if (!fields.includes(event.target)) return
  touched.add(event.target)
  update()
})

form.addEventListener('input', update)
