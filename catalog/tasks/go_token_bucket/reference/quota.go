// Package quota limits how much the tenants of an API can use.
package quota

import (
	"errors"
	"sync"
)

// RefundWindow is how long a ticket can be refunded, in milliseconds.
const RefundWindow = 60_000

const (
	maxTokens = 1 << 30
	maxPeriod = 86_400_000
)

var (
	ErrPlan   = errors.New("the plan is not valid")
	ErrTenant = errors.New("the tenant is not known")
	ErrCost   = errors.New("the number of tokens is not possible")
	ErrTicket = errors.New("the ticket cannot be refunded")
)

// Plan describes a bucket of at most Burst tokens, which gains Gain tokens every Period milliseconds.
type Plan struct {
	Burst, Gain, Period int64
}

func (p Plan) valid() bool {
	return within(p.Burst, maxTokens) && within(p.Gain, maxTokens) && within(p.Period, maxPeriod)
}

func within(number, limit int64) bool { return 1 <= number && number <= limit }

type bucket struct {
	plan     Plan
	tokens   int64
	lastTick int64
}

func newBucket(plan Plan, now int64) *bucket {
	return &bucket{plan: plan, tokens: plan.Burst, lastTick: now}
}

func (b *bucket) advance(now int64) {
	ticks := (now - b.lastTick) / b.plan.Period
	b.lastTick += ticks * b.plan.Period
	if ticks >= b.ticksUntil(b.plan.Burst) { // multiplying could overflow
		b.tokens = b.plan.Burst
	} else {
		b.tokens += ticks * b.plan.Gain
	}
}

// ticksUntil is how many ticks it takes to hold so many tokens.
func (b *bucket) ticksUntil(tokens int64) int64 {
	return (max(0, tokens-b.tokens) + b.plan.Gain - 1) / b.plan.Gain
}

func (b *bucket) wait(cost, now int64) int64 {
	if b.tokens >= cost {
		return 0
	}
	return b.lastTick + b.ticksUntil(cost)*b.plan.Period - now
}

func (b *bucket) refund(tokens int64) {
	b.tokens = min(b.plan.Burst, b.tokens+tokens)
}

type ticket struct {
	tenant string
	left   int64
	taken  int64
}

// Decision is the result of a Take. Ticket is set if it was granted, Wait (in milliseconds) if not.
type Decision struct {
	Granted bool
	Ticket  int64
	Wait    int64
}

// Limiter has a bucket for each tenant and one that they share.
type Limiter struct {
	mutex   sync.Mutex
	now     func() int64
	latest  int64
	shared  *bucket
	tenants map[string]*bucket
	tickets map[int64]*ticket
	issued  int64
}

func New(now func() int64, shared Plan) (*Limiter, error) {
	if !shared.valid() {
		return nil, ErrPlan
	}
	start := now()
	return &Limiter{
		now:     now,
		latest:  start,
		shared:  newBucket(shared, start),
		tenants: map[string]*bucket{},
		tickets: map[int64]*ticket{},
	}, nil
}

func (l *Limiter) Register(tenant string, plan Plan) error {
	if !plan.valid() {
		return ErrPlan
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := l.time()
	next := newBucket(plan, now)
	if old, known := l.tenants[tenant]; known {
		old.advance(now)
		next.tokens = min(old.tokens, plan.Burst)
	}
	l.tenants[tenant] = next
	return nil
}

func (l *Limiter) Take(tenant string, cost int64) (Decision, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := l.time()
	own, err := l.advance(tenant, now)
	if err != nil {
		return Decision{}, err
	}
	if !within(cost, min(own.plan.Burst, l.shared.plan.Burst)) {
		return Decision{}, ErrCost
	}
	if wait := max(own.wait(cost, now), l.shared.wait(cost, now)); wait > 0 {
		return Decision{Wait: wait}, nil
	}
	own.tokens -= cost
	l.shared.tokens -= cost
	l.issued++
	l.tickets[l.issued] = &ticket{tenant: tenant, left: cost, taken: now}
	return Decision{Granted: true, Ticket: l.issued}, nil
}

func (l *Limiter) Refund(number, tokens int64) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := l.time()
	refunded, known := l.tickets[number]
	if !known {
		return ErrTicket
	}
	if now-refunded.taken >= RefundWindow {
		delete(l.tickets, number)
		return ErrTicket
	}
	if !within(tokens, refunded.left) {
		return ErrCost
	}
	own, err := l.advance(refunded.tenant, now)
	if err != nil {
		return err
	}
	refunded.left -= tokens
	own.refund(tokens)
	l.shared.refund(tokens)
	return nil
}

func (l *Limiter) Balance(tenant string) (own, shared int64, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	found, err := l.advance(tenant, l.time())
	if err != nil {
		return 0, 0, err
	}
	return found.tokens, l.shared.tokens, nil
}

func (l *Limiter) time() int64 {
	l.latest = max(l.latest, l.now())
	return l.latest
}

// advance brings the buckets that concern a tenant up to date and returns its own.
func (l *Limiter) advance(tenant string, now int64) (*bucket, error) {
	own, known := l.tenants[tenant]
	if !known {
		return nil, ErrTenant
	}
	own.advance(now)
	l.shared.advance(now)
	return own, nil
}
