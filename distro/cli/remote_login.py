"""Get a token for this machine in a browser (RFC 8628): show a code, and wait until it is typed."""

import http.client
import json
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from distro.cli import output
from distro.cli.remote import connected
from distro.errors import DistroError

_LARGEST = 100_000  # bytes of an answer


def by_browser(address: str) -> str:
    """Return a token that somebody let this machine have, in a browser; raises DistroError."""
    status, begun = _post(address, "/office/device/begin", {})
    if status != 200:
        raise DistroError(f"{address} lets no device in now", hint="Try again in a minute.")
    output.note(f"Open {begun['verification_uri_complete']}")
    output.note(f"and see that the code there is {begun['user_code']}. Waiting …")
    end = time.monotonic() + float(begun["expires_in"])
    pause = float(begun["interval"])
    while time.monotonic() < end:
        time.sleep(pause)
        status, told = _post(address, "/office/device/token", {"device_code": begun["device_code"]})
        if status == 200:
            return str(told["access_token"])
        if told.get("error") == "slow_down":
            pause += 5
        elif told.get("error") != "authorization_pending":
            break
    raise DistroError("nobody let this machine in", hint=f"distro login {address} --browser")


def _post(address: str, path: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(address)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    try:
        connection = connected(parts.scheme, parts.netloc)
        try:
            connection.request("POST", parts.path + path, urlencode(fields), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read(_LARGEST) or b"{}")
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise DistroError(f"{address} does not answer ({error})") from None
