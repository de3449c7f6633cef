"""YAML files as structs, with every mistake reported at its line."""
