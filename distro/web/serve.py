"""Run the pages under uvicorn (`distro web`)."""

import resource

import uvicorn

from distro import log
from distro.installation.context import open_installation
from distro.installation.ports import listening
from distro.installation.running_parts import keep_publishing
from distro.lib.process_life import follow_supervisor
from distro.settings.load import Settings
from distro.web.application import create_app
from distro.web.guard import CONNECTIONS, guarded


def _room_for_connections() -> int:
    """Take as many file descriptors as we may have, and return how many connections fit beside our
    own.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 200
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(20, min(CONNECTIONS, soft - 200))


def run(settings: Settings) -> int:
    """Serve until TERM; gives the exit code."""
    ours = listening(settings.site.listen)
    with ours, open_installation(settings) as installation:
        installation.consent.replay(installation.store)
        trusted, most = settings.site.trusted_proxies, _room_for_connections()
        config = uvicorn.Config(
            create_app(installation),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=trusted,
            timeout_graceful_shutdown=5,
            lifespan="off",
            http=guarded(trusted, most),
            ws="none",
            limit_concurrency=most + 50,
            timeout_keep_alive=5,
            backlog=512,
            h11_max_incomplete_event_size=16_384,
        )
        server = uvicorn.Server(config)
        follow_supervisor()
        keep_publishing(installation, "web")
        log.get().info("pages ready", listen=settings.site.listen, url=settings.site.url)
        server.run(sockets=[ours])
    return 0
