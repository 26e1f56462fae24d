"""One module a chat platform, each the sole importer of its library."""
