"""What deployment files set and start, and what that means for the code."""
