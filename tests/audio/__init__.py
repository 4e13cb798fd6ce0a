"""Tests of the sound: chunks, files, recording and playing."""
