"""Which code runs while a request is answered, and what it does there."""
