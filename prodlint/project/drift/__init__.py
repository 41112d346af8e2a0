"""What the models say against what the database gets: by migrations, or by `create_all`."""
