"""Command line, channels and rendering.  Knows nothing of indexes."""
