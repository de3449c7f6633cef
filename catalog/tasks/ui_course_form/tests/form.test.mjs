import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

const text = (element) => element.textContent.replace(/\s+/g, ' ').trim()

function page() {
  const window = openPage('index.html')
  const find = (selector) => window.document.querySelector(selector)
  const join = (name, day) => {
    find('#name').value = name
    find('#day').value = day
    find('form').dispatchEvent(new window.Event('submit', { bubbles: true, cancelable: true }))
    return text(find('#status'))
  }
  return { window, find, join, all: (selector) => [...window.document.querySelectorAll(selector)] }
}

test('the fields are in order and labelled', () => {
  const { all, find } = page()
  assert.deepEqual(all('form input, form select').map((field) => field.id), ['name', 'day', 'email'])
  assert.deepEqual(all('form label').map((label) => label.getAttribute('for')), ['name', 'day', 'email'])
  assert.equal(find('#day').tagName, 'SELECT')
})

test('stars mark what is required', () => {
  const { all } = page()
  assert.deepEqual(all('form label').map(text), ['Name *', 'Day *', 'E-mail'])
  assert.deepEqual(all('form input, form select').map((field) => field.hasAttribute('required')), [true, true, false])
})

test('there are three days and none is chosen', () => {
  const { all, find } = page()
  assert.deepEqual(all('#day option').map(text), ['-', 'Fri', 'Sat', 'Sun'])
  assert.deepEqual(all('#day option').map((option) => option.value), ['', 'Fri', 'Sat', 'Sun'])
  assert.equal(find('#day').value, '')
})

test('the button and the places', () => {
  const { all, find } = page()
  assert.deepEqual(all('button').map(text), ['Join'])
  assert.equal(text(find('#places')), '3')
  assert.match(text(find('form')), /Join Places left: 3$/)
})

test('missing fields are named and take no place', () => {
  const { find, join } = page()
  assert.equal(join('', ''), 'Please fill in: Name, Day')
  assert.equal(join('  ', 'Sat'), 'Please fill in: Name')
  assert.equal(join('Ada', ''), 'Please fill in: Day')
  assert.equal(find('#name').value, 'Ada')
  assert.equal(text(find('#places')), '3')
})

test('joining takes a place and empties the form', () => {
  const { find, join } = page()
  find('#email').value = 'ada@example.org'
  assert.equal(join(' Ada Bell ', 'Sun'), 'See you on Sun, Ada Bell!')
  assert.equal(text(find('#places')), '2')
  assert.deepEqual(['#name', '#day', '#email'].map((selector) => find(selector).value), ['', '', ''])
  assert.equal(join('<i>Bo</i>', 'Fri'), 'See you on Fri, <i>Bo</i>!')
  assert.equal(text(find('#places')), '1')
})

test('without places nobody can join', () => {
  const { find, join } = page()
  const disabled = ['Ada', 'Bo', 'Cy'].map((name) => join(name, 'Fri') && find('button').disabled)
  assert.deepEqual(disabled, [false, false, true])
  assert.equal(join('Di', 'Sat'), 'See you on Fri, Cy!')
  assert.equal(text(find('#places')), '0')
})
