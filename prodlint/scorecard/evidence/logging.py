"""Evidence about what is logged."""
