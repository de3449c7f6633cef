"""Ollama's own API, through the ollama library (extra ``ollama``)."""
