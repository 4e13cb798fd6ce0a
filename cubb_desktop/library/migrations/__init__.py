"""How libraries of earlier versions become libraries of this one; run by `library.migrate`."""
