"""What the window and the command line ask for: only where two packages must act together."""
