"""Grading by models: what they are asked, how their answers are read, and how several are combined."""
