// Package ranges has expressions for sets of versions.
package ranges

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var ErrVersion = errors.New("this is no version")

// SyntaxError says where an expression goes wrong.
type SyntaxError struct {
	Offset int
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("syntax error at offset %d", e.Offset) }

const none = 3 // the rank of a version without a stage

var (
	stages  = []string{"alpha", "beta", "rc"}
	number  = `(?:0|[1-9][0-9]{0,8})`
	parts   = number + `(?:\.` + number + `)*`
	pattern = regexp.MustCompile(`^(` + parts + `)(?:-(alpha|beta|rc)(` + number + `)?)?$`)
	stars   = regexp.MustCompile(`^(?:(` + parts + `)\.)?\*$`)
	tokens  = regexp.MustCompile(`^(?:\.\.|[<>!]=|[()|&!<>=^])`)
	words   = regexp.MustCompile(`^[A-Za-z0-9.*-]+`)
)

// version has no zeros at the end of its parts.
type version struct {
	parts       []int
	stage, rank int // rank is the number of the stage
}

func parseVersion(text string) (version, error) {
	match := pattern.FindStringSubmatch(text)
	if match == nil {
		return version{}, fmt.Errorf("%w: %q", ErrVersion, text)
	}
	parsed := version{parts: parseParts(match[1]), stage: none}
	if match[2] != "" {
		parsed.stage = slices.Index(stages, match[2])
		parsed.rank, _ = strconv.Atoi(match[3]) // 0 if there is none
	}
	return parsed.trimmed(), nil
}

func parseParts(text string) []int {
	var parts []int
	for _, each := range strings.Split(text, ".") {
		part, _ := strconv.Atoi(each) // the pattern allows nothing else
		parts = append(parts, part)
	}
	return parts
}

func (v version) trimmed() version {
	for len(v.parts) > 0 && v.parts[len(v.parts)-1] == 0 {
		v.parts = v.parts[:len(v.parts)-1]
	}
	return v
}

func (v version) compare(other version) int {
	// A missing part is less than any that is left after trimming.
	if order := slices.Compare(v.parts, other.parts); order != 0 {
		return order
	}
	return slices.Compare([]int{v.stage, v.rank}, []int{other.stage, other.rank})
}

func (v version) String() string {
	text := "0"
	if len(v.parts) > 0 {
		text = strings.Trim(strings.ReplaceAll(fmt.Sprint(v.parts), " ", "."), "[]")
	}
	if v.stage < none {
		text += "-" + stages[v.stage]
	}
	if v.rank > 0 {
		text += strconv.Itoa(v.rank)
	}
	return text
}

// firstAlpha is the lowest version with these parts, or with the last of them increased.
func firstAlpha(parts []int, increase int) version {
	parts = slices.Clone(parts)
	parts[len(parts)-1] += increase
	return version{parts: parts}.trimmed()
}

// cut is a place in the order of versions, just before or just after one of them.
type cut struct {
	version
	after bool
}

func (c cut) compare(other cut) int {
	if order := c.version.compare(other.version); order != 0 || c.after == other.after {
		return order
	}
	if other.after {
		return -1
	}
	return 1
}

// Range is a set of versions. It contains the lowest versions if lowest is set, and changes at each of the cuts.
type Range struct {
	lowest bool
	cuts   []cut
}

func Compare(a, b string) (int, error) {
	first, err := parseVersion(a)
	if err != nil {
		return 0, err
	}
	second, err := parseVersion(b)
	return first.compare(second), err
}

func (r Range) Contains(text string) (bool, error) {
	parsed, err := parseVersion(text)
	return err == nil && r.contains(parsed), err
}

func (r Range) contains(v version) bool {
	contained := r.lowest
	for _, each := range r.cuts {
		if each.compare(cut{v, true}) < 0 {
			contained = !contained
		}
	}
	return contained
}

func (r Range) Best(texts []string) (string, bool) {
	text, best := "", version{stage: -1}
	for _, each := range texts {
		parsed, err := parseVersion(each)
		if err != nil || !r.contains(parsed) {
			continue
		}
		final, bestFinal := parsed.stage == none, best.stage == none
		if best.stage < 0 || final && !bestFinal || final == bestFinal && parsed.compare(best) > 0 {
			text, best = each, parsed
		}
	}
	return text, best.stage >= 0
}

func (r Range) String() string {
	if len(r.cuts) == 0 {
		return map[bool]string{true: "*", false: "!*"}[r.lowest]
	}
	var intervals []string
	cuts := r.cuts
	if r.lowest {
		intervals, cuts = append(intervals, end(cuts[0])), cuts[1:]
	}
	for ; len(cuts) > 1; cuts = cuts[2:] {
		if cuts[0].version.compare(cuts[1].version) == 0 {
			intervals = append(intervals, "="+cuts[0].String())
		} else {
			intervals = append(intervals, start(cuts[0])+" & "+end(cuts[1]))
		}
	}
	if len(cuts) > 0 {
		intervals = append(intervals, start(cuts[0]))
	}
	return strings.Join(intervals, " | ")
}

func start(c cut) string { return map[bool]string{true: ">", false: ">="}[c.after] + c.String() }

func end(c cut) string { return map[bool]string{true: "<=", false: "<"}[c.after] + c.String() }

func (r Range) not() Range { return Range{!r.lowest, r.cuts} }

func (r Range) and(other Range) Range {
	inFirst, inSecond := r.lowest, other.lowest
	result := Range{lowest: inFirst && inSecond}
	contained := result.lowest
	for first, second := r.cuts, other.cuts; len(first)+len(second) > 0; {
		var next cut
		order := len(second) - len(first) // decides if one is empty
		if len(first) > 0 && len(second) > 0 {
			order = first[0].compare(second[0])
		}
		if order <= 0 {
			next, first, inFirst = first[0], first[1:], !inFirst
		}
		if order >= 0 {
			next, second, inSecond = second[0], second[1:], !inSecond
		}
		if contained != (inFirst && inSecond) {
			contained = !contained
			result.cuts = append(result.cuts, next)
		}
	}
	return result
}

func (r Range) or(other Range) Range { return r.not().and(other.not()).not() }

func from(v version) Range { return Range{cuts: []cut{{v, false}}} }

func between(v, w version) Range { return from(v).and(from(w).not()) }

func compared(operator string, v version) Range {
	switch operator {
	case "<":
		return from(v).not()
	case ">=":
		return from(v)
	case "<=":
		return Range{true, []cut{{v, true}}}
	case ">":
		return Range{cuts: []cut{{v, true}}}
	case "=":
		return Range{cuts: []cut{{v, false}, {v, true}}}
	}
	return compared("=", v).not()
}

// parser panics with a *SyntaxError, which Parse returns.
type parser struct {
	text   string
	offset int // of the token
	token  string
}

func Parse(text string) (result Range, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = cause.(*SyntaxError)
		}
	}()
	p := &parser{text: text}
	p.advance()
	result = p.union()
	if p.offset < len(text) {
		p.fail()
	}
	return result, nil
}

func (p *parser) fail() { panic(&SyntaxError{p.offset}) }

func (p *parser) advance() {
	p.offset += len(p.token)
	for p.offset < len(p.text) && p.text[p.offset] == ' ' {
		p.offset++
	}
	rest := p.text[p.offset:]
	p.token = tokens.FindString(rest)
	if p.token == "" {
		p.token, _, _ = strings.Cut(words.FindString(rest), "..")
	}
}

func (p *parser) accept(token string) bool {
	if p.token != token {
		return false
	}
	p.advance()
	return true
}

func (p *parser) union() Range {
	result := p.intersection()
	for p.accept("|") {
		result = result.or(p.intersection())
	}
	return result
}

func (p *parser) intersection() Range {
	result := p.factor()
	for p.accept("&") {
		result = result.and(p.factor())
	}
	return result
}

func (p *parser) factor() Range {
	switch operator := p.token; operator {
	case "!":
		p.advance()
		return p.factor().not()
	case "(":
		p.advance()
		result := p.union()
		if !p.accept(")") {
			p.fail()
		}
		return result
	case "<", "<=", ">", ">=", "=", "!=":
		p.advance()
		return compared(operator, p.version())
	case "^":
		p.advance()
		return p.caret()
	}
	if match := stars.FindStringSubmatch(p.token); match != nil {
		p.advance()
		if match[1] == "" {
			return Range{lowest: true}
		}
		parts := parseParts(match[1])
		return between(firstAlpha(parts, 0), firstAlpha(parts, 1))
	}
	low := p.version()
	if !p.accept("..") {
		p.fail()
	}
	return between(low, p.version())
}

func (p *parser) caret() Range {
	low := p.version()
	first := append(low.parts, 0)[:1]
	return between(low, firstAlpha(first, 1))
}

func (p *parser) version() version {
	parsed, err := parseVersion(p.token)
	if err != nil {
		p.fail()
	}
	p.advance()
	return parsed
}
