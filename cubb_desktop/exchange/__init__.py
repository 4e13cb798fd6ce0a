"""Untrusted files in: what other programs wrote, read with bounds."""
