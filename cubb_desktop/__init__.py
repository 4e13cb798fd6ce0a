"""CUBB Desktop: record, read closely and learn from consented conversations."""
