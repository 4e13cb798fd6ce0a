"""What the product talks about: frozen dataclasses and pure functions, without files, threads, clocks, Qt or database."""
