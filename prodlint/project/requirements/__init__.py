"""What an application or library requires, and what fixes the versions."""
