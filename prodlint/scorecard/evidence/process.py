"""Evidence about the way to production."""
