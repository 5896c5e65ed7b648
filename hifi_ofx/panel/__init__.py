"""The window in which people set a retime's quality by looking. Qt, and the standard library."""
