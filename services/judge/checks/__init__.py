"""One module for each kind of check; ``services.judge.grading`` chooses among them."""
