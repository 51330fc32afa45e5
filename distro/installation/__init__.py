"""An installation as one process opens it: settings, store, keys, secrets, readiness."""
