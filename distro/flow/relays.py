"""The relays that the settings ask for."""

from distro.flow.deliver import PoolOf
from distro.relay.pool import Pool, shares, tls_context
from distro.relay.relays import Relays
from distro.relay.session import Endpoint
from distro.sections import Relay
from distro.settings import Settings


def endpoint_of(relay: Relay) -> Endpoint:
    """A relay of the settings as the client needs it."""
    return Endpoint(
        relay.host, relay.port, relay.tls, relay.user, relay.password() if relay.user else "", relay.helo, relay.source_address,
        None if relay.tls == "off" else tls_context(relay.ca_file),
    )


def pool_of(settings: Settings, process: int, processes: int) -> PoolOf:
    """What makes the lanes of the `process`-th (from 0) of `processes` sending processes."""
    at = process % processes
    mine = [(relay, shares(relay.connections, processes)[at], max(1, shares(relay.unanswered, processes)[at]) if relay.unanswered else 0) for relay in settings.relay]
    if len(mine) == 1:
        relay, lanes, unanswered = mine[0]
        return lambda work: Pool(endpoint_of(relay), lanes, work, unanswered=unanswered)
    return lambda work: Relays([(endpoint_of(relay), lanes, relay.weight, unanswered) for relay, lanes, unanswered in mine], work)
