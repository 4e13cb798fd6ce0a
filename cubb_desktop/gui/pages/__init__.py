"""The pages of the window, one per verb of the work; they talk through signals that the main window wires."""
