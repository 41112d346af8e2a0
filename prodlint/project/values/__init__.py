"""What names stand for and what expressions are, across files, with the chain of places that says so."""
