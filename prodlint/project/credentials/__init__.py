"""Credentials in the code: how they are hashed, compared, kept in cookies, and what a check of them is worth."""
