"""The routes of Flask and Quart applications, and of the extensions that build on them."""
