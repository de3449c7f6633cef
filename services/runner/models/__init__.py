"""Models under test: one protocol, and one module for each way to reach a model."""

from services.runner.models.protocol import ChatMessage, Completion, Model, OnText, ToolCall

__all__ = ["ChatMessage", "Completion", "Model", "OnText", "ToolCall"]
