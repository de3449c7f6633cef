package main

import (
	"errors"
	"fmt"

	"assay/driver"
	ranges "submission"
)

type named struct {
	kind string
	error
}

func (n named) Kind() string { return n.kind }

// name keeps the type of an error apart from its text, which for a syntax error is the offset.
func name(err error) error {
	var syntax *ranges.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return named{"SyntaxError", fmt.Errorf("%d", syntax.Offset)}
	case errors.Is(err, ranges.ErrVersion):
		return named{"ErrVersion", err}
	}
	return err
}

func main() {
	driver.Serve(driver.Operations{
		"compare": func(a, b string) (int, error) {
			order, err := ranges.Compare(a, b)
			return order, name(err)
		},
		"string": func(text string) (string, error) {
			parsed, err := ranges.Parse(text)
			if err != nil {
				return "", name(err)
			}
			return parsed.String(), nil
		},
		"contains": func(text string, versions []string) ([]bool, error) {
			parsed, err := ranges.Parse(text)
			if err != nil {
				return nil, name(err)
			}
			contained := make([]bool, len(versions))
			for at, version := range versions {
				if contained[at], err = parsed.Contains(version); err != nil {
					return nil, name(err)
				}
			}
			return contained, nil
		},
		"best": func(text string, versions []string) (string, bool, error) {
			parsed, err := ranges.Parse(text)
			if err != nil {
				return "", false, name(err)
			}
			best, found := parsed.Best(versions)
			return best, found, nil
		},
	})
}
