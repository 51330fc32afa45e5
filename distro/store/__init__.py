"""Redis and nothing else: connection, keys, scripts, the embedded server. What an answer means
lives in the stages.
"""

from distro.store.async_client import AsyncStore
from distro.store.client import Call, Store, connect

__all__ = ["AsyncStore", "Call", "Store", "connect"]
