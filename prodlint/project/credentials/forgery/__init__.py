"""Where the protection against forged requests is switched off for callers who are known by a cookie."""
