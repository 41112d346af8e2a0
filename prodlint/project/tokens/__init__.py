"""Signed tokens: where they are issued and read, what they claim, how long they live, and which keys sign them."""
