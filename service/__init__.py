"""The HTTP service, the chat page and the commands."""
