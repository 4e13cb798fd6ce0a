"""One script per step, oldest first; each can be undone."""
