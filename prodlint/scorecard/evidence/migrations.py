"""Evidence about migrations."""
