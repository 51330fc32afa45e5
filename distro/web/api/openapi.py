"""Describe the API (OpenAPI 3.1), from the table of operations and their models."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from distro.web.api.operation import PREFIX, Operation
from distro.web.api.problems import KINDS

_REF = "#/components/schemas/{model}"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                },
            },
        },
    },
}


def document(operations: Iterable[Operation], site: str) -> dict[str, Any]:
    """Return the OpenAPI document of all operations."""
    known = list(operations)
    models = sorted(
        {model for one in known for model in _models(one)}, key=lambda model: model.__name__
    )
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in known:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "distro",
            "version": version("distro-press"),
            "description": (
                "A press office's releases to everyone who should have them, once, and an exact"
                " account afterwards. Every operation needs a token: distro users add."
            ),
        },
        "servers": [{"url": site}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas.get("$defs", {}), "ProblemDetails": _PROBLEM},
        },
    }


def _models(operation: Operation) -> list[type[BaseModel]]:
    found = [operation.body] if operation.body else []
    return [*found, operation.answer] if not isinstance(operation.answer, str) else found


def _operation(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [one.tag],
        "parameters": [*_path(one), *_query(one), *_headers(one)],
        "responses": {str(one.status): _answer(one), **_problems()},
        "x-role": one.role,
        "x-scope": one.sees.value,
    }
    if one.body or one.files:
        found["requestBody"] = {"required": True, "content": _content(one)}
    return found


def _path(one: Operation) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _query(one: Operation) -> list[dict[str, Any]]:
    schema = one.query.model_json_schema()
    named = schema.get("$defs", {})
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _inline({k: v for k, v in facts.items() if k != "title"}, named),
        }
        for name, facts in schema.get("properties", {}).items()
    ]


def _inline(schema: Any, named: dict[str, Any]) -> Any:
    """Return a schema with what it names in the place of the name."""
    if isinstance(schema, list):
        return [_inline(part, named) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return named[schema["$ref"].rpartition("/")[2]]
    return {name: _inline(part, named) for name, part in schema.items()}


def _headers(one: Operation) -> list[dict[str, Any]]:
    found = []
    if one.sends:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": _KEY},
            }
        )
    if one.changes:
        found.append(
            {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}}
        )
    return found


_KEY = "^[!#-~]+$"


def _content(one: Operation) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if one.body:
        fields = {"$ref": _REF.format(model=one.body.__name__)}
    if not one.files:
        return {"application/json": {"schema": fields}}
    own = one.body.model_json_schema() if one.body else {}
    several = {"type": "array", "items": {"type": "string", "format": "binary"}}
    schema = {
        "type": "object",
        "required": [*(["files"] if one.least_files else []), *own.get("required", ())],
        "properties": {
            "files": {**several, "minItems": one.least_files},
            "enclosures": several,
            **own.get("properties", {}),
        },
        "additionalProperties": False,
    }
    return {"multipart/form-data": {"schema": schema}}


def _answer(one: Operation) -> dict[str, Any]:
    if isinstance(one.answer, str):
        return {"description": one.summary, "content": {one.answer: {"schema": {"type": "string"}}}}
    schema = {"$ref": _REF.format(model=one.answer.__name__)}
    return {"description": one.summary, "content": {"application/json": {"schema": schema}}}


def _problems() -> dict[str, Any]:
    statuses: dict[int, list[str]] = {}
    for code, kind in KINDS.items():
        statuses.setdefault(kind.status, []).append(code)
    content = {
        "application/problem+json": {"schema": {"$ref": _REF.format(model="ProblemDetails")}}
    }
    return {
        str(status): {"description": ", ".join(codes), "content": content}
        for status, codes in sorted(statuses.items())
    }
