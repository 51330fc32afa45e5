"""Read a message or an event that came back; nothing here knows of Redis or the book."""
