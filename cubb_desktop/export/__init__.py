"""Transcripts, excerpts and bookings as files for other programs: data in, bytes out, no database."""
