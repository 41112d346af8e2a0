"""Database engines: where they are made, what they speak to, how they pool, and the processes that use them."""
