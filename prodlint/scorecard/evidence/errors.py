"""Evidence about what happens when something goes wrong."""
