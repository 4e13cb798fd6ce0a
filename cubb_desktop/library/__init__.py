"""The encrypted library: one module per aggregate, domain objects in and out; the only door to the database."""
