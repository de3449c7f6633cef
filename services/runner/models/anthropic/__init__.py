"""Anthropic's Messages API, through the anthropic SDK (extra ``anthropic``)."""
