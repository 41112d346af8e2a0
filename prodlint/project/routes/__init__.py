"""The route table, and who can refuse the caller of a route."""
