"""One try at an attempt: its context, clock, artifacts, tail and outcome."""
