"""What the product talks about: frozen dataclasses and pure functions; no file, thread, clock, Qt, database."""
