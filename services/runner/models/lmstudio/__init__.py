"""LM Studio: chats by its OpenAI-compatible API, models loaded and unloaded by its own."""
