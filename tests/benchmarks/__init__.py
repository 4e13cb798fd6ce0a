"""Measurements against bars: run with `python3 packaging/bootstrap.py bench`, never as timed tests."""
