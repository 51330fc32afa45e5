"""One Lua file a script, its name versioned so that old and new workers can run side by side; typed
signatures here.
"""
