"""What is known about libraries, as tables: names, and what they mean. No code of the inspected tree, no logic."""
