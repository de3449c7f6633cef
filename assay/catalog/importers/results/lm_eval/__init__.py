"""Outputs of lm-eval, the LM Evaluation Harness."""
