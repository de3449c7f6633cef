"""One module for each kind of check; ``services.judge.grading.grade`` chooses among them."""
