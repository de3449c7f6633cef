// Package subnets leases parts of an IPv4 block.
package subnets

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
)

var (
	ErrBlock = errors.New("the block is not possible")
	ErrFull  = errors.New("there is no room")
	ErrTaken = errors.New("the block is taken")
	ErrLease = errors.New("there is no such lease")
)

type resting struct {
	block netip.Prefix
	until int // the number of leases made
}

// Pool is a block of which parts are leased.
type Pool struct {
	block   netip.Prefix
	rest    int
	made    int
	leases  map[netip.Prefix]string
	resting []resting
}

func New(block string, rest int) (*Pool, error) {
	whole, err := parse(block)
	if err != nil || rest < 0 {
		return nil, ErrBlock
	}
	return &Pool{block: whole, rest: rest, leases: map[netip.Prefix]string{}}, nil
}

func (p *Pool) Allocate(owner string, bits int) (string, error) {
	if bits < p.block.Bits() || bits > 32 {
		return "", ErrBlock
	}
	best := netip.Prefix{} // its Bits() are -1
	for _, each := range p.free() {
		if each.Bits() <= bits && each.Bits() > best.Bits() {
			best = each
		}
	}
	if !best.IsValid() {
		return "", ErrFull
	}
	leased := netip.PrefixFrom(best.Addr(), bits)
	p.lease(owner, leased)
	return leased.String(), nil
}

func (p *Pool) Reserve(owner, block string) error {
	wanted, err := p.part(block)
	if err != nil {
		return err
	}
	for leased := range p.leases {
		if leased.Overlaps(wanted) {
			return ErrTaken
		}
	}
	p.lease(owner, wanted)
	return nil
}

func (p *Pool) Release(owner, block string) error {
	leased, err := p.leased(owner, block)
	if err != nil {
		return err
	}
	delete(p.leases, leased)
	if p.rest > 0 {
		p.resting = append(p.resting, resting{leased, p.made + p.rest})
	}
	return nil
}

func (p *Pool) Grow(owner, block string) (string, error) {
	leased, err := p.leased(owner, block)
	if err != nil {
		return "", err
	}
	if leased.Bits() == p.block.Bits() {
		return "", ErrFull
	}
	lower, upper := halves(netip.PrefixFrom(leased.Addr(), leased.Bits()-1).Masked())
	other := lower
	if other == leased {
		other = upper
	}
	if len(p.obstacles(other)) > 0 {
		return "", ErrFull
	}
	grown := netip.PrefixFrom(lower.Addr(), leased.Bits()-1)
	delete(p.leases, leased)
	p.leases[grown] = owner
	return grown.String(), nil
}

func (p *Pool) Owner(address string) (string, bool) {
	wanted, err := netip.ParseAddr(address)
	if err != nil {
		return "", false
	}
	for leased, owner := range p.leases {
		if leased.Contains(wanted) {
			return owner, true
		}
	}
	return "", false
}

func (p *Pool) Leases(owner string) []string {
	var blocks []netip.Prefix
	for leased, each := range p.leases {
		if each == owner {
			blocks = append(blocks, leased)
		}
	}
	slices.SortFunc(blocks, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	return texts(blocks)
}

func (p *Pool) Free() []string { return texts(p.free()) }

func (p *Pool) lease(owner string, block netip.Prefix) {
	p.leases[block] = owner
	p.made++
	p.resting = slices.DeleteFunc(p.resting, func(each resting) bool { return each.until <= p.made })
}

// leased is the block of a lease, which has to be the owner's.
func (p *Pool) leased(owner, block string) (netip.Prefix, error) {
	wanted, err := p.part(block)
	if err != nil {
		return wanted, err
	}
	if found, known := p.leases[wanted]; !known || found != owner {
		return wanted, ErrLease
	}
	return wanted, nil
}

// part is a block within the pool.
func (p *Pool) part(text string) (netip.Prefix, error) {
	block, err := parse(text)
	if err != nil || block.Bits() < p.block.Bits() || !p.block.Contains(block.Addr()) {
		return block, ErrBlock
	}
	return block, nil
}

// obstacles are the leased and resting blocks that have addresses in common with a block.
func (p *Pool) obstacles(block netip.Prefix) []netip.Prefix {
	var found []netip.Prefix
	for leased := range p.leases {
		if leased.Overlaps(block) {
			found = append(found, leased)
		}
	}
	for _, each := range p.resting {
		if each.block.Overlaps(block) {
			found = append(found, each.block)
		}
	}
	return found
}

func (p *Pool) free() []netip.Prefix {
	var free []netip.Prefix
	var visit func(block netip.Prefix)
	visit = func(block netip.Prefix) {
		obstacles := p.obstacles(block)
		if len(obstacles) == 0 {
			free = append(free, block)
			return
		}
		for _, each := range obstacles {
			if each.Bits() <= block.Bits() {
				return // it covers the block
			}
		}
		lower, upper := halves(block)
		visit(lower)
		visit(upper)
	}
	visit(p.block)
	return free
}

func halves(block netip.Prefix) (lower, upper netip.Prefix) {
	bits := block.Bits() + 1
	bytes := block.Addr().As4()
	binary.BigEndian.PutUint32(bytes[:], binary.BigEndian.Uint32(bytes[:])|1<<(32-bits))
	return netip.PrefixFrom(block.Addr(), bits), netip.PrefixFrom(netip.AddrFrom4(bytes), bits)
}

func parse(text string) (netip.Prefix, error) {
	block, err := netip.ParsePrefix(text)
	if err != nil || !block.Addr().Is4() || block != block.Masked() {
		return block, ErrBlock
	}
	return block, nil
}

func texts(blocks []netip.Prefix) []string {
	texts := make([]string, len(blocks))
	for at, block := range blocks {
		texts[at] = block.String()
	}
	return texts
}
