"""Redis and nothing else: connection, keys, scripts, the embedded server. What an answer means lives in the stages."""

from distro.store.connect import AsyncStore, Call, Store, connect, connect_async

__all__ = ["AsyncStore", "Call", "Store", "connect", "connect_async"]
