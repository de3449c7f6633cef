"""Model calls of a try: limits, budget, rate limiting, retries and receipts."""
