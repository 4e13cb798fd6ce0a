"""Sound: from a microphone or a file into sealed chunks, and out of them again; decrypted in memory only."""
