"""Each operation with each role, and with what belongs to another desk: made from the table."""

from typing import Any

from distro.actors import LEAST_ROLE, ROLES
from distro.web.api.operation import Operation, Sees
from distro.web.api.table import OPERATIONS
from tests.support.office import GENEVA, THEIRS, Office, release_file

_FILL = {"suggestion": "0000", "storm": "0000", "user": "nobody"}
_FILL |= {"message": "0" * 24, "segment": "journalists"}
_BODIES: dict[str, dict[str, object]] = {
    "Approval": {"digest": "0" * 64},
    "Rejection": {"reason": "no"},
    "NewTime": {"at": "2098-01-01 10:00"},
    "Resend": {"only": "failed"},
    "Hold": {"note": "wait"},
    "Clear": {"note": "go on"},
    "Kill": {"note": "do not use it"},
    "DomainHalt": {"domain": "x.example"},
    "NewPerson": {"address": "n@x.example", "lists": ["journalists"]},
    "Changes": {"columns": {"name": "X"}},
    "Decision": {"decision": "dismiss"},
    "Closure": {"told": "D1", "reason": "merged"},
    "JudgeAgain": {"since": "2026-11-20", "dry_run": True},
    "NewUser": {"name": "eve", "role": "viewer"},
}
_FORMS: dict[str, dict[str, str]] = {
    "Plan": {"to": "journalists"},
    "Submit": {"to": "journalists", "at": "2099-01-01 10:00 UTC"},
    "Correct": {"note": "It is 3."},
    "Update": {"to": "journalists"},
    "Import": {"list": "journalists", "dry_run": "true"},
}
_QUERIES = {
    "OnePerson": {"address": "reader0@a.example"},
    "OneExpression": {"expression": "journalists"},
    "Sample": {"expression": "journalists"},
    "Explained": {"expression": "journalists", "address": "reader0@a.example"},
}


def request_of(
    operation: Operation, *, distribution: str = "D1", address: str = "reader0@a.example"
) -> tuple[str, dict[str, Any]]:
    """Return a path that names these, and a request that is good in itself."""
    fill = {**_FILL, "distribution": distribution, "address": address}
    path = operation.path.format(**fill)
    more: dict[str, Any] = {"params": _QUERIES.get(operation.query.__name__, {})}
    if operation.files:
        assert operation.body is not None
        more["files"] = [release_file(sender="geneva")]
        more["data"] = _FORMS.get(operation.body.__name__, {})
    elif operation.body is not None:
        more["json"] = _BODIES.get(operation.body.__name__, {})
    if operation.sends:
        more["key"] = "one"
    return path, more


def test_each_operation_needs_its_role_and_a_token(office: Office) -> None:
    for operation in OPERATIONS:
        check_roles(office, operation)


def check_roles(office: Office, operation: Operation) -> None:
    """Nobody, and who has less than the least role, may not; who has it may."""
    path, more = request_of(operation)
    key = str(more.pop("key", ""))
    headers = {"Idempotency-Key": key} if key else {}
    answer = office.client.request(
        operation.method,
        f"/api/v1{path}",
        headers=headers,
        **more,
    )
    assert answer.status_code == 401, operation.name
    assert answer.headers["www-authenticate"] == "Bearer"
    for role in ROLES:
        path, more = request_of(operation)
        status = office.ask(operation.method, path, role=role, **more).status_code
        if ROLES.index(role) < ROLES.index(operation.role):
            assert status == 403, (operation.name, role)
        else:
            assert status not in (401, 403, 500), (operation.name, role)
            break  # more than the least role may at least as much


def test_another_desks_distribution_reads_as_none(office: Office) -> None:
    for operation in (o for o in OPERATIONS if "{distribution}" in o.path):
        answers = []
        for distribution in ("D2", "D99"):
            path, more = request_of(operation, distribution=distribution)
            more["key"] = distribution if "key" in more else ""
            found = office.ask(operation.method, path, scope=GENEVA, **more)
            answers.append((found.status_code, found.text))
        assert answers[0] == answers[1], operation.name
        assert answers[0][0] == 404, operation.name


def test_another_lists_person_reads_as_nobody(office: Office) -> None:
    for operation in (o for o in OPERATIONS if "{address}" in o.path):
        answers = []
        for address in (THEIRS, "nobody@x.example"):
            path, more = request_of(operation, address=address)
            found = office.ask(operation.method, path, scope=GENEVA, **more)
            answers.append((found.status_code, found.text))
        assert answers[0] == answers[1], operation.name
        assert answers[0][0] == 404, operation.name


def test_what_is_about_everything_needs_everything(office: Office) -> None:
    for operation in (o for o in OPERATIONS if o.sees is Sees.WHOLE):
        path, more = request_of(operation)
        found = office.ask(operation.method, path, scope=GENEVA, **more)
        assert found.status_code == 403, operation.name
        assert found.json()["type"].endswith("/problems/scope_too_small")


def test_what_is_listed_is_what_is_in_sight(office: Office) -> None:
    def labels(scope: object) -> list[str]:
        found = office.ask("GET", "/distributions", scope=scope).json()  # type: ignore[arg-type]
        return [row["distribution"] for row in found["distributions"]]

    assert labels(GENEVA) == ["D1"]
    assert office.ask("GET", "/subscribers", scope=GENEVA).json()["found"] == 3
    assert office.ask("GET", "/segments", scope=GENEVA).json()["segments"] == [
        {"name": "journalists", "count": 3, "meaning": "list"}
    ]
    counted = office.ask(
        "GET", "/segments/count", scope=GENEVA, params={"expression": "country:CH"}
    )
    assert counted.json() == {"count": 3}


def test_the_table_asks_for_no_less_than_the_act_itself() -> None:
    acts = {
        "/distributions": "submit",
        "/distributions/{distribution}/correction": "correct",
        "/distributions/{distribution}/kill": "kill",
        "/distributions/{distribution}/halt": "halt",
        "/distributions/{distribution}/approval": "approve",
        "/users": "users",
        "/imports": "import",
    }
    for operation in OPERATIONS:
        if operation.method == "POST" and operation.path in acts:
            assert operation.role == LEAST_ROLE[acts[operation.path]]
