"""Our HMAC by copied states is the standard library's."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from distro.tokens import mac_of


@given(key=st.binary(min_size=1, max_size=100), message=st.binary(max_size=300))
def test_it_is_hmac_sha256(key: bytes, message: bytes) -> None:
    assert mac_of(key)(message) == hmac.digest(key, message, "sha256")
