"""The format of requests and answers between tests and candidate; used on both sides."""
