"""Bounds on what a template may cost: the time and memory of rendering it, and the size of what it makes.

Jinja's sandbox keeps a template from the system. It does not keep it from ``{{ 'a' * 5000000000 }}``, or from a loop in a
loop in a loop. Here a template runs with a limit on the memory of the process, and its lines are counted as a debugger
would count them.
"""

import contextlib
import resource
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

LARGEST = 2_000_000           # characters of a rendered text; readers' programs cut at 102,400
_SECONDS = 1.5                # of processor time
_MEMORY = 200 << 20           # bytes by which the process may grow
_STEPS = 64                   # lines of a template between two looks at the clock
_NUMBER = 10 ** 18            # beyond it a power takes long
_one_at_a_time = threading.Lock()    # the limit on memory is the process's


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of all templates, packaged ones too."""

    intercepted_binops = frozenset(("*", "**"))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, optimized=False)      # nothing of a template is computed before its bounds hold

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute, unless it would take long: a single step of the interpreter cannot be ended."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if numbers and (max(abs(left), abs(right)) > _NUMBER or (operator == "**" and abs(right) > 64)):
            raise SecurityError("a number is too large")
        return super().call_binop(context, operator, left, right)


class _Watch:
    """Looks at the clock while a template runs, in this thread alone."""

    def __init__(self) -> None:
        self._end = time.thread_time() + _SECONDS
        self._steps = 0

    def __call__(self, frame: FrameType, event: str, arg: Any) -> "_Watch":
        del frame, event, arg
        self._steps += 1
        if self._steps % _STEPS == 0 and time.thread_time() > self._end:
            raise SecurityError(f"it takes over {_SECONDS:g} s")
        return self


def render(environment: Sandbox, name: str, context: Mapping[str, Any]) -> str:
    """Render a template within its bounds. Raises SecurityError, MemoryError, and what the template itself does."""
    parts, size = [], 0
    with _one_at_a_time, _less_memory(), _watched():
        for part in environment.get_template(name).generate(context):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                raise SecurityError(f"it makes over {LARGEST:,} characters")
    return "".join(parts)


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """Count the lines that run; not under a debugger, nor while coverage is measured, which do so themselves."""
    if sys.gettrace() is not None:
        yield
        return
    sys.settrace(_Watch())
    try:
        yield
    finally:
        sys.settrace(None)


@contextlib.contextmanager
def _less_memory() -> Iterator[None]:
    """Let the process grow by so much and no more; where the system does not say how large it is there is no limit."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + _MEMORY
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
