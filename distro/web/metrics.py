"""Serve /metrics to who shows its key; without a key in the settings there is no such page."""

import hmac
import threading
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from distro.admin import metrics
from distro.installation.context import Installation

_FRESH_SECONDS = 2.0  # however many ask, the ledger is read once in so long


class Metrics:
    """The address that Prometheus asks."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self._key = installation.settings.site.metrics_key.get_secret_value().encode()
        self._computing = threading.Lock()
        self._at, self._text = float("-inf"), b""

    def routes(self) -> list[Route]:
        """Return the route; none where the settings have no key."""
        return [Route("/metrics", self.get, methods=["GET"])] if self._key else []

    def get(self, request: Request) -> Response:
        """Answer in Prometheus' text format; 401 without the key."""
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        good = hmac.compare_digest(shown.strip().encode("utf-8", "replace"), self._key)
        if scheme.lower() != "bearer" or not good:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        with self._computing:
            if time.monotonic() - self._at > _FRESH_SECONDS:
                self._text = metrics.exposition(self.installation)
                self._at = time.monotonic()
        return Response(self._text, media_type=metrics.CONTENT_TYPE)
