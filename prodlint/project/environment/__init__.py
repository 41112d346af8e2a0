"""What an application reads from its environment, and what it does without."""
