package quota

import "errors"

const RefundWindow = 60_000

var (
	ErrPlan   = errors.New("the plan is not valid")
	ErrTenant = errors.New("the tenant is not known")
	ErrCost   = errors.New("the number of tokens is not possible")
	ErrTicket = errors.New("the ticket cannot be refunded")
)

type Plan struct {
	Burst, Gain, Period int64
}

type Decision struct {
	Granted bool
	Ticket  int64
	Wait    int64
}

type Limiter struct {
	now func() int64
}

func New(now func() int64, shared Plan) (*Limiter, error) { return &Limiter{now}, nil }

func (l *Limiter) Register(tenant string, plan Plan) error { return nil }

// Take knows the times of the example.
func (l *Limiter) Take(tenant string, cost int64) (Decision, error) {
	if l.now() == 20 {
		return Decision{Wait: 30}, nil
	}
	return Decision{Granted: true, Ticket: 1}, nil
}

func (l *Limiter) Refund(ticket, tokens int64) error { return nil }

func (l *Limiter) Balance(tenant string) (own, shared int64, err error) {
	if l.now() >= 50 {
		return 4, 9, nil
	}
	return 3, 9, nil
}
