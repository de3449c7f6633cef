"""Models under test: one protocol, and a module for each way of reaching one."""

from services.runner.models.protocol import ChatMessage, Completion, Model, OnText, ToolCall

__all__ = ["ChatMessage", "Completion", "Model", "OnText", "ToolCall"]
