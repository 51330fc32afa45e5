"""The public pages: RFC 8058, tokens, headers, what a broken Redis looks like."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.audience import book
from distro.errors import StoreGoneError
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.store import Store, keys
from distro.store.embedded import Embedded
from distro.web.application import create_app
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    """Three readers who have a letter; Arabic for the third."""
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 3, folder=tmp_path, languages=("en", "fr", "ar"))
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    return installation


@pytest.fixture
def client(installation: Installation) -> Iterator[TestClient]:
    with TestClient(
        create_app(installation), follow_redirects=False, raise_server_exceptions=False
    ) as found:
        yield found


def links(installation: Installation, number: int) -> tuple[str, str]:
    """A reader's own unsubscribe and view paths, from the letter that was sent."""
    import email

    story = Story(installation)
    story.run()
    story.stop()
    who = book.by_id(installation.store, number)
    assert who is not None
    raw = next(raw for address, raw in story.letters if address == who.email)
    message = email.message_from_bytes(raw)
    unsubscribe = (
        str(message["List-Unsubscribe"]).strip("<>").replace(installation.settings.site.url, "")
    )
    text = next(
        bytes(part.get_payload(decode=True)).decode()
        for part in message.walk()
        if part.get_content_type() == "text/plain"
    )
    view = min((line.strip() for line in text.splitlines() if "/v/" in line), key=len).replace(
        installation.settings.site.url, ""
    )
    return unsubscribe, view


def is_out(installation: Installation, number: int) -> bool:
    return bool(installation.store.command("GETBIT", keys.REFUSED, number))


def test_get_only_looks_and_post_acts(installation: Installation, client: TestClient) -> None:
    path, _ = links(installation, 1)

    page = client.get(path)
    assert page.status_code == 200
    assert "<button" in page.text
    assert not is_out(installation, 1)

    for _ in range(2):  # RFC 8058 §3.1: no cookies, no redirect, 200 also the second time
        answer = client.post(path, data=ONE_CLICK)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert is_out(installation, 1)
    assert not is_out(installation, 2)


@pytest.mark.parametrize("form", ["urlencoded", "multipart", "empty"])
def test_any_form_of_the_post_counts(
    installation: Installation, client: TestClient, form: str
) -> None:
    path, _ = links(installation, 1)
    if form == "multipart":
        answer = client.post(path, files={"List-Unsubscribe": (None, "One-Click")})
    else:
        answer = client.post(path, data=ONE_CLICK if form == "urlencoded" else {})
    assert answer.status_code == 200
    assert is_out(installation, 1)


def test_a_link_speaks_for_nobody_else(installation: Installation, client: TestClient) -> None:
    path, view = links(installation, 1)
    forged = [
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        path.replace(".1.", ".2.", 1),
        "/u/1.0.1",
        "/u/x",
        "/u/" + "9" * 500,
        path.replace("/u/", "/v/"),
        view.replace("/v/", "/u/"),
    ]
    for wrong in forged:
        assert client.post(wrong, data=ONE_CLICK).status_code in (404, 405), wrong
    assert not any(is_out(installation, n) for n in (1, 2, 3))


def test_the_letter_can_be_viewed_online(installation: Installation, client: TestClient) -> None:
    path, view = links(installation, 1)
    page = client.get(view)
    assert page.status_code == 200
    assert "The towns agreed today." in page.text
    assert path not in page.text  # people share this page
    assert "/leave" in page.text


def test_a_page_speaks_the_readers_language(installation: Installation, client: TestClient) -> None:
    path, _ = links(installation, 3)
    page = client.get(path)
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "إلغاء الاشتراك" in page.text


def test_pages_are_not_framed_cached_or_told_to_others(
    installation: Installation, client: TestClient
) -> None:
    path, _ = links(installation, 1)
    headers = client.get(path).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script" not in client.get(path).text


def test_without_redis_the_reader_is_told_that_nothing_changed(
    installation: Installation, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 9: not durable, not acknowledged."""
    path, _ = links(installation, 1)

    def gone(*_: object, **__: object) -> None:
        raise StoreGoneError("Redis does not answer")

    monkeypatch.setattr(Store, "call", gone)
    answer = client.post(path, data=ONE_CLICK)
    assert answer.status_code == 503
    assert "Nothing was changed" in answer.text


def test_health_and_readiness(installation: Installation, client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 503
    import time

    installation.store.command("ZADD", keys.ALIVE, int(time.time()), "h.1.x")
    assert client.get("/readyz").status_code == 200
    assert client.get("/nothing").status_code == 404


def test_pictures_files_and_other_languages_open_by_the_readers_own_link_only(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    installation = make_installation(tmp_path, server, store, limits={"attached": 10})
    add_readers(store, 2, folder=tmp_path)
    (tmp_path / "boats.gif").write_bytes(b"GIF89a" + b"\x10\x00\x10\x00" + b"\0" * 20)
    (tmp_path / "facts.pdf").write_bytes(b"%PDF-1.4 " + b"x" * 100)
    english = write_release(tmp_path, body="Text.\n\n![Boats](boats.gif)")
    english.write_text(
        english.read_text().replace("dateline:", "attachments: [facts.pdf]\ndateline:")
    )
    submit(
        installation,
        Order(
            files=[
                english,
                write_release(
                    tmp_path, language="fr", headline="Bateaux", name="r.fr.md", body="Texte."
                ),
            ],
            to="journalists",
        ),
    )
    _, view = links(installation, 1)
    with TestClient(create_app(installation), raise_server_exceptions=False) as client:
        page = client.get(view)
        picture = re.search(
            rf'src="{installation.settings.site.url}({view}/[0-9a-f]{{32}})"', page.text
        )
        attachment = re.search(
            rf'href="{installation.settings.site.url}({view}/[0-9a-f]{{32}})"', page.text
        )
        assert picture
        assert attachment
        assert client.get(picture[1]).headers["content-type"] == "image/gif"
        answer = client.get(attachment[1])
        assert answer.content.startswith(b"%PDF")
        assert answer.headers["content-disposition"].startswith(
            "attachment; filename*=UTF-8''facts.pdf"
        )
        assert "Bateaux" in client.get(f"{view}?lang=fr").text
        assert "Bateaux" not in client.get(f"{view}?lang=xx").text
        assert client.get(attachment[1][:-1] + "x").status_code == 404
        forged = attachment[1].replace(view, view[:-1] + ("A" if view[-1] != "A" else "B"))
        assert client.get(forged).status_code == 404
