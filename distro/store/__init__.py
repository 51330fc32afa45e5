"""Redis and nothing else: connection, keys, scripts, the embedded server. What an answer means
lives in the stages.
"""

from distro.store.connect import Call, Store, connect
from distro.store.pipe import AsyncStore

__all__ = ["AsyncStore", "Call", "Store", "connect"]
