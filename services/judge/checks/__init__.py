"""One module per kind of check; ``services.judge.grading.grade`` selects among them."""
