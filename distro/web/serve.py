"""`distro web`: the pages under uvicorn."""

import uvicorn

from distro.flow.office import opened
from distro.queue.life import follow_supervisor
from distro.settings import Settings
from distro.web.app import create_app


def run(settings: Settings) -> int:
    """Serve until TERM; gives the exit code."""
    host, _, port = settings.site.listen.rpartition(":")
    with opened(settings) as office:
        office.consent.replay(office.store)
        config = uvicorn.Config(
            create_app(office), host=host.strip("[]"), port=int(port), log_level="warning", access_log=False,
            server_header=False, proxy_headers=True, timeout_graceful_shutdown=5, lifespan="off",
        )
        server = uvicorn.Server(config)
        follow_supervisor()
        server.run()
    return 0
