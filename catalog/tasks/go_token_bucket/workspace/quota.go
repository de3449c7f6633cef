// Package quota limits how much the tenants of an API can use.
package quota

import "errors"

// RefundWindow is how long a ticket can be refunded, in milliseconds.
const RefundWindow = 60_000

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

// Decision is the result of a Take. Ticket is set if it was granted, Wait (in milliseconds) if not.
type Decision struct {
	Granted bool
	Ticket  int64
	Wait    int64
}

// Limiter has a bucket for each tenant and one that they share.
type Limiter struct{}

func New(now func() int64, shared Plan) (*Limiter, error) {
	panic("not implemented")
}

func (l *Limiter) Register(tenant string, plan Plan) error {
	panic("not implemented")
}

func (l *Limiter) Take(tenant string, cost int64) (Decision, error) {
	panic("not implemented")
}

func (l *Limiter) Refund(ticket, tokens int64) error {
	panic("not implemented")
}

func (l *Limiter) Balance(tenant string) (own, shared int64, err error) {
	panic("not implemented")
}
