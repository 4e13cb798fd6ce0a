"""CUBB Desktop: record consented conversations, transcribe them on this machine and read them closely together."""

__version__ = "0.1.0"
