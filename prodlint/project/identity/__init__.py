"""Who calls, whose the data is, and where the code brings the two together."""
