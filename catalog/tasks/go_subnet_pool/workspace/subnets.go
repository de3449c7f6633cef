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
type Pool struct{}

func New(block string, rest int) (*Pool, error) {
	panic("not implemented")
}

func (p *Pool) Allocate(owner string, bits int) (string, error) {
	panic("not implemented")
}

func (p *Pool) Reserve(owner, block string) error {
	panic("not implemented")
}

func (p *Pool) Release(owner, block string) error {
	panic("not implemented")
}

func (p *Pool) Grow(owner, block string) (string, error) {
	panic("not implemented")
}

func (p *Pool) Owner(address string) (string, bool) {
	panic("not implemented")
}

func (p *Pool) Leases(owner string) []string {
	panic("not implemented")
}

func (p *Pool) Free() []string {
	panic("not implemented")
}
