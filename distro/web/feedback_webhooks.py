"""Take what sending providers report: verified on the raw body, kept on the disk, then answered.

Closed by default: without a key a provider's address answers 503. What is not believed gets 401 and
an empty body, before anything of it is parsed for its meaning.
"""

import functools
import time
import urllib.request
from collections import deque

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from distro import log
from distro.feedback.webhooks import PROVIDERS, Keys, amazon_ses
from distro.feedback.webhooks import Request as Posted
from distro.feedback.webhooks.request import MOST_BYTES
from distro.incoming import processing
from distro.incoming.mailroom import arrived
from distro.installation.context import Installation
from distro.settings.load import Settings
from distro.store import returns

PATH = "/feedback/"
_CERTIFICATE_BYTES = 65_536
_SECONDS = 10
_FETCHED_SECONDS = 60
_fetched: deque[float] = deque(maxlen=10)


def keys_of(settings: Settings, provider: str) -> Keys | None:
    """Return what the office knows of a provider; None: nothing, and its address is closed."""
    webhooks = settings.feedback.webhooks
    if provider == "ses":
        topics = tuple(webhooks.ses_topics)
        return Keys(topics=topics, fetch=_certificate) if topics else None
    found = Keys(webhooks.secret_of(provider))
    return found if found.usable else None


@functools.lru_cache(16)
def _certificate(url: str) -> bytes:
    """Fetch a certificate of Amazon SNS; its host was judged before. Raises OSError.

    Its name is not: strangers who make up others have us fetch a few a minute.
    """
    now = time.monotonic()
    if len(_fetched) == _fetched.maxlen and _fetched[0] > now - _FETCHED_SECONDS:
        raise OSError("too many certificates of Amazon SNS within a minute")
    _fetched.append(now)
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=_SECONDS) as answer:  # https, verified
        found: bytes = answer.read(_CERTIFICATE_BYTES)
        return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would lead away from the host that was judged."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow nothing."""
        del args, kwargs


class FeedbackWebhooks:
    """The addresses of providers."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(f"{PATH}{{provider}}", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """Answer 200 once an event is on the disk, 401, 404, 503 else."""
        from starlette.concurrency import run_in_threadpool

        name = request.path_params["provider"]
        if name not in PROVIDERS:
            return Response(status_code=404)
        keys = keys_of(self.installation.settings, name)
        if keys is None:
            return Response(status_code=503)
        body = await request.body()
        headers = {key.lower(): value for key, value in request.headers.items()}
        posted = Posted(body, headers, time.time())
        return await run_in_threadpool(self._keep, name, posted, keys)

    def _keep(self, name: str, posted: Posted, keys: Keys) -> Response:
        refused = PROVIDERS[name].verify(posted, keys) if posted.body else None
        if refused or not posted.body or len(posted.body) > MOST_BYTES:
            why = refused.why if refused else "it is empty, or too large"
            log.get().warning("a webhook is refused", provider=name, why=why)
            return Response(status_code=401)
        store = self.installation.store
        try:
            once = PROVIDERS[name].once(posted.body)
        except ValueError:
            return Response(status_code=400)
        arrival = arrived(posted.body, "webhook", kind=name)
        # The same post again is known by its content; its token with another content is not ours.
        if once and not returns.first_use(store, f"{name}:{once}", arrival.id):
            log.get().warning("a webhook is refused", provider=name, why="its token came before")
            return Response(status_code=401)
        if name == "ses" and (confirm := amazon_ses.subscription(posted.body)):
            log.get().warning("Amazon SNS asks: open this to confirm the topic", address=confirm)
            return Response(status_code=200)
        processing.mailroom(self.installation).put(arrival)
        return Response(status_code=200)
