"""Runs the code of middleware and hooks in thought, for one request of a caller who shows no credential."""
