"""Signing in by OpenID Connect with a real provider (npm's oidc-provider), and what it refuses."""

import contextlib
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient

from distro.flow.submission import Order, submit
from distro.store import Store, users
from distro.store.embedded import Embedded
from distro.web.application import create_app
from distro.web.office.visitor import FRESH_MS
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.server import free_port

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm: apt install npm"),
]
PACKAGE = "oidc-provider@9.13.3"
SITE = "https://press.example"
_PROVIDER = """
import { Provider } from 'oidc-provider';
const [port, redirect] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'distro', client_secret: 's3cret:/+%', redirect_uris: [redirect] }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['preferred_username'] },
  conformIdTokenClaims: process.env.CONFORM === '1',
  findAccount: (ctx, id) => ({
    accountId: id, claims: () => ({ sub: id, preferred_username: id }),
  }),
});
provider.listen(Number(port));
"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("provider")
    words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    subprocess.run(words, cwd=folder, check=True, timeout=200)
    (folder / "provider.mjs").write_text(_PROVIDER)
    return folder


@pytest.fixture(params=["1", ""], ids=["name by UserInfo", "name in the ID token"])
def issuer(modules: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    port = free_port()
    words = ["node", "provider.mjs", str(port), f"{SITE}/office/sign-in/back"]
    running = subprocess.Popen(
        words,
        cwd=modules,
        env=os.environ | {"CONFORM": request.param},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=2).close()
            break
        time.sleep(0.1)
    yield url
    running.terminate()
    running.wait(10)


@pytest.fixture
def browser(tmp_path: Path, server: Embedded, store: Store, issuer: str) -> Iterator[TestClient]:
    """A browser on an office whose people sign in at the provider."""
    settings = {"issuer": issuer, "client_id": "distro", "client_secret": "s3cret:/+%"}
    made = make_installation(tmp_path, server, store, site={"url": SITE}, sign_in=settings)
    users.add(store, "ana", "editor")
    add_readers(store, 1, folder=tmp_path)
    order = Order(files=[write_release(tmp_path)], to="journalists", at="2099-01-01 10:00 UTC")
    submit(made, order)
    client = TestClient(create_app(made), SITE, follow_redirects=False)
    with client:
        yield client


def signed_in_there(address: str, name: str) -> str:
    """Sign in and consent at the provider; give the address that it sends the browser back to."""
    with httpx2.Client() as there:
        answer = there.get(address)
        for _ in range(12):
            place = answer.headers.get("location", "")
            if place.startswith(SITE):
                return place
            if place:
                answer = there.get(str(answer.url.join(place)))
                continue
            form = re.search(r'action="([^"]+)"', answer.text)
            assert form, re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL)
            prompt = "login" if 'name="login"' in answer.text else "consent"
            data = {"prompt": prompt, "login": name, "password": "any"}
            answer = there.post(str(answer.url.join(form[1])), data=data)
    raise AssertionError("the provider never sent the browser back")


def test_who_has_an_account_signs_in_and_nobody_else(browser: TestClient) -> None:
    assert "Sign in with your account" in browser.get("/office/sign-in").text
    went = browser.get("/office/sign-in/provider?next=/office/people")
    back = signed_in_there(went.headers["location"], "ana")
    done = browser.get(back)
    assert (done.status_code, done.headers["location"]) == (303, "/office/people")
    assert "ana, editor" in browser.get("/office").text
    asked = parse_qs(urlsplit(went.headers["location"]).query)
    assert asked["max_age"] == ["43200"]  # so that the provider says when it asked
    again = browser.get(back)  # the same answer once more
    assert again.status_code == 401
    stranger = browser.get("/office/sign-in/provider").headers["location"]
    refused = browser.get(signed_in_there(stranger, "mallory"))
    assert refused.status_code == 401
    assert "no account here" in refused.text


def test_who_is_signed_in_is_asked_again_by_the_provider(browser: TestClient, store: Store) -> None:
    went = browser.get("/office/sign-in/provider")
    browser.get(signed_in_there(went.headers["location"], "ana"))
    clock.move(FRESH_MS + 1000)
    act = "/office/releases/D1/cancel"
    html = browser.get(act).text
    link = re.search(r'href="(/office/sign-in/again[^"]+)"', html)
    assert link
    before = dict(browser.cookies)
    asked = browser.get(link[1]).headers["location"]
    assert parse_qs(urlsplit(asked).query)["prompt"] == ["login"]
    done = browser.get(signed_in_there(asked, "ana"))
    assert (done.status_code, done.headers["location"]) == (303, act)
    assert "Your password, or token" not in browser.get(act).text
    assert dict(browser.cookies) != before
    # An answer to a plain sign-in, or somebody else's, makes nobody sure.
    clock.move(2 * FRESH_MS + 2000)
    users.add(store, "bo", "editor")
    asked = browser.get(link[1]).headers["location"]
    other = browser.get(signed_in_there(asked, "bo"))
    assert other.status_code == 401
    assert "Your password, or token" in browser.get(act).text


def test_an_answer_that_is_not_ours_is_refused(browser: TestClient) -> None:
    went = browser.get("/office/sign-in/provider").headers["location"]
    asked = parse_qs(urlsplit(went).query)
    assert asked["code_challenge_method"] == ["S256"]
    back = signed_in_there(went, "ana")
    spoiled = [
        re.sub(r"state=[^&]+", "state=other", back),
        re.sub(r"code=[^&]+", "code=other", back),
        re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back),
        "/office/sign-in/back",
        "/office/sign-in/back?error=access_denied&state=x",
    ]
    for address in spoiled:
        # each begins anew, but with the answer of another sign-in
        assert browser.get(address).status_code == 401, address
        assert browser.get("/office").status_code == 303


def test_the_answer_of_another_browser_is_refused(browser: TestClient) -> None:
    """A link that signs somebody in as somebody else: their browser never set out."""
    went = browser.get("/office/sign-in/provider").headers["location"]
    back = signed_in_there(went, "ana")
    victim = TestClient(browser.app, SITE, follow_redirects=False)
    assert victim.get(back).status_code == 401
