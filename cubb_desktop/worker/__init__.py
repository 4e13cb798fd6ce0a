"""Work on recordings beside the window: a supervisor without models, and its children that hold them."""
