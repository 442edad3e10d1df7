"""The Python half of glint's environment bridge. PROTOCOL.md has the wire format."""
