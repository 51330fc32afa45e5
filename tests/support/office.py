"""An office with two desks, two lists and a person of each role, asked over the API."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from distro.flow import submission
from distro.flow.submission import Order
from distro.installation.context import Installation
from distro.store import Store, users
from distro.store.embedded import Embedded
from distro.store.scope import EVERYTHING, Scope
from distro.web.application import create_app
from tests.support.installation import RELEASE, add_readers, make_installation, write_release

GENEVA = Scope(("geneva",), ("journalists",))  # D1 and reader0 … reader2
THEIRS = "reader12@a.example"  # on the list partners


@dataclass
class Office:
    """The installation, its pages as a client sees them, and a token of each role."""

    installation: Installation
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, role: str, scope: Scope = EVERYTHING) -> str:
        """Return a token of somebody with this role and scope."""
        name = f"{role}{'-geneva' if scope.desks else ''}"
        if name not in self.tokens:
            self.tokens[name] = users.add(self.installation.store, name, role, scope=scope)
        return self.tokens[name]

    def ask(
        self,
        method: str,
        path: str,
        *,
        role: str = "admin",
        scope: Scope = EVERYTHING,
        key: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Any:
        """Return the answer to a request; `path` is under /api/v1."""
        shown = {"Authorization": f"Bearer {self.token(role, scope)}", **(headers or {})}
        if key:
            shown["Idempotency-Key"] = key
        return self.client.request(method, f"/api/v1{path}", headers=shown, **more)


def release_file(
    name: str = "release.md", headline: str = "Towns agree", *, sender: str = "", body: str = ""
) -> tuple[str, tuple[str, io.BytesIO, str]]:
    """Return a release as a part of a form."""
    text = RELEASE.format(headline=headline, language="en", body=body or f"About {headline}.")
    if sender:
        text = text.replace("---\nheadline", f"---\nsender: {sender}\nheadline", 1)
    return "files", (name, io.BytesIO(text.encode()), "text/markdown")


def make_office(folder: Path, server: Embedded, store: Store, **settings: Any) -> Office:
    """Return an office: D1 of the desk geneva, D2 of the usual one, both scheduled for later."""
    desks = {"geneva": {"address": "geneva@press.example"}}
    made = make_installation(folder, server, store, senders=desks, **settings)
    add_readers(store, 3, folder=folder)
    add_readers(store, 4, name="partners", folder=folder, first=10)
    for name, desk in (("ours", "geneva"), ("theirs", "")):
        file = write_release(folder, name=f"{name}.md", headline=f"The {name}", body=name * 9)
        if desk:
            text = file.read_text().replace("---\nheadline", f"---\nsender: {desk}\nheadline", 1)
            file.write_text(text)
        order = Order(files=[file], to="journalists or partners", at="2099-01-01 10:00 UTC")
        submission.submit(made, order)
    client = TestClient(create_app(made), follow_redirects=False, raise_server_exceptions=False)
    return Office(made, client)
