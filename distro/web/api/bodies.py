"""Read the body of a request whose caller is known: JSON, or files with fields."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from distro.web.api.operation import Operation, Upload
from distro.web.api.problems import ProblemError, of_validation

_JSON, _MULTIPART = "application/json", "multipart/form-data"
_LARGEST_JSON = 200_000  # bytes
_DEEPEST = 20  # brackets within brackets
_MOST_FILES, _MOST_FIELDS, _LARGEST_FIELD = 60, 60, 100_000


def query_of(operation: Operation, request: Request) -> Any:
    """Return the parameters of a request; raise ProblemError for what is missing or unknown."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise ProblemError(
                "bad_values", errors=[{"detail": "it is given twice", "parameter": name[:100]}]
            )
        given[name] = value
    try:
        return operation.query.model_validate(given)
    except ValidationError as error:
        problem = of_validation(error)
        named = [{"detail": e["detail"], "parameter": e["pointer"][1:]} for e in problem.errors]
        raise ProblemError("bad_values", errors=named) from None


@contextlib.asynccontextmanager
async def body_of(
    operation: Operation, request: Request
) -> "AsyncIterator[tuple[BaseModel | None, Upload, bytes]]":
    """Read the body as the operation takes it; yields it, its files, and bytes that stand for it.

    The files lie in a folder of their own until the request is answered.
    """
    if operation.files:
        async with _uploaded(operation, request) as found:
            yield found
        return
    if operation.body is None:
        yield None, Upload(Path()), b""
        return
    _check_type(request, _JSON)
    raw = await _whole(request)
    _check_json(raw)
    yield _validated(operation, raw.decode()), Upload(Path()), raw


def _check_type(request: Request, wanted: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        raise ProblemError("media_type", f"It takes {wanted}.", headers={"Accept": wanted})


async def _whole(request: Request) -> bytes:
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > _LARGEST_JSON:
            raise ProblemError("too_large", f"At most {_LARGEST_JSON:,} bytes of JSON.")
    return raw


def _check_json(raw: bytes) -> None:
    if _depth(raw) > _DEEPEST:
        raise ProblemError("bad_request", f"The JSON is more than {_DEEPEST} levels deep.")
    try:
        json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ProblemError("bad_request", "The body is no JSON.") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN, Infinity: not JSON (RFC 8259 §6)


def _depth(raw: bytes) -> int:
    """Return at most how deep the brackets go; those within texts are counted too."""
    deepest = depth = 0
    for byte in raw:
        depth += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, depth)
    return deepest


def _validated(operation: Operation, given: str) -> BaseModel | None:
    """Return JSON as the operation's model; nothing is taken for what it is not ("1" for true)."""
    if operation.body is None:
        return None
    try:
        return operation.body.model_validate_json(given, strict=True)
    except ValidationError as error:
        raise of_validation(error) from None


@contextlib.asynccontextmanager
async def _uploaded(
    operation: Operation, request: Request
) -> "AsyncIterator[tuple[BaseModel | None, Upload, bytes]]":
    _check_type(request, _MULTIPART)
    with tempfile.TemporaryDirectory(prefix="distro-upload-") as folder:
        try:
            form = await request.form(
                max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD
            )
        except HTTPException as error:
            raise ProblemError("bad_request", str(error.detail)[:300]) from None
        try:
            upload = kept(form, Path(folder), operation.least_files)
            body = _validated(operation, json.dumps(_fields(operation, form)))
            yield body, upload, _stands_for(form, upload)
        finally:
            await form.close()


def kept(form: FormData, folder: Path, least: int) -> Upload:
    """Write the files of a form into a folder, under their own names."""
    found: dict[str, Path] = {}
    for name, value in form.multi_items():
        # A browser sends a field in which nothing was chosen as a file without a name.
        if not isinstance(value, UploadFile) or not (value.filename or value.size):
            continue
        file = _name_of(value)
        if name not in ("files", "enclosures"):
            raise _wrong("files go into `files`, what they name into `enclosures`", name)
        if file in found:
            raise _wrong(f"{file} is given twice", name)
        path = folder / file
        with path.open("xb") as out:
            value.file.seek(0)
            shutil.copyfileobj(value.file, out)
        found[file] = path
    chosen = [
        found[_name_of(v)]
        for v in form.getlist("files")
        if isinstance(v, UploadFile) and (v.filename or v.size)
    ]
    if len(chosen) < least:
        raise _wrong("at least one file is needed", "files")
    return Upload(folder, tuple(chosen))


def _name_of(file: UploadFile) -> str:
    """Return the name of a file without any folder; raise ProblemError for what is none."""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    if not name or name in (".", "..") or len(name.encode()) > 200 or not name.isprintable():
        raise _wrong("a file needs a name of its own", "files")
    return name


def _wrong(detail: str, part: str) -> ProblemError:
    return ProblemError("bad_values", errors=[{"detail": detail, "pointer": f"/{part[:100]}"}])


def _fields(operation: Operation, form: FormData) -> dict[str, Any]:
    """Return the fields beside the files; one that may be repeated is a list."""
    kinds = _kinds(operation)
    found: dict[str, Any] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str):
            continue
        if kinds.get(name) == "array":
            found.setdefault(name, []).append(value)
        elif name in found:
            raise _wrong("it is given twice", name)
        elif kinds.get(name) == "boolean" and value in ("true", "false"):
            found[name] = value == "true"
        else:
            found[name] = value
    return found


def _kinds(operation: Operation) -> dict[str, str]:
    """Return what each field of a form is, as JSON Schema calls it."""
    schema = operation.body.model_json_schema() if operation.body else {}
    return {name: str(facts.get("type")) for name, facts in schema.get("properties", {}).items()}


def _stands_for(form: FormData, upload: Upload) -> bytes:
    """Return bytes that differ where a form differs: its fields, and hashes of its files."""
    fields = [[name, value] for name, value in form.multi_items() if isinstance(value, str)]
    chosen = [path.name for path in upload.files]
    hashes = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(upload.folder.iterdir())
    }
    return json.dumps([fields, chosen, hashes]).encode()
