"""The tables of the application, the indexes they have, and the columns that queries use."""
