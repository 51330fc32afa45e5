"""Bound what a template may cost: the time and memory of rendering it, and the size of what it
makes.

Jinja's sandbox keeps a template from the system. It does not keep it from ``{{ 'a' * 5000000000
}}``, or from a loop in a loop in a loop. Here a template runs with a limit on the memory of the
process, and under another thread's eye on its clock.
"""

import contextlib
import ctypes
import resource
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

LARGEST = 2_000_000  # characters of a rendered text; readers' programs cut at 102,400
_SECONDS = 1.5  # of processor time
_MEMORY = 200 << 20  # bytes by which the process may grow
_PAUSE = 0.05  # seconds between two looks at the clock
_NUMBER = 10**18  # beyond it a power takes long
_one_at_a_time = threading.Lock()  # the limit on memory is the process's


class _Constants(CodeGenerator):
    """Computes nothing while a template is compiled: an error there is swallowed, ours too."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of all templates, packaged ones too."""

    code_generator_class = _Constants
    intercepted_binops = frozenset(("*", "**"))

    def __init__(self, **options: Any) -> None:
        # Nothing of a template is computed before its bounds hold.
        super().__init__(**options, optimized=False)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute, unless it would take long: a single step of the interpreter cannot be ended."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if numbers and (
            max(abs(left), abs(right)) > _NUMBER or (operator == "**" and abs(right) > 64)
        ):
            raise SecurityError("a number is too large")
        return super().call_binop(context, operator, left, right)


def render(environment: Sandbox, name: str, context: Mapping[str, Any]) -> str:
    """Render a template within its bounds. Raises SecurityError, MemoryError, and what the template
    itself does.
    """
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
    """Raise SecurityError in the block once this thread has used up its time; again and again,
    should something swallow it.
    """
    thread, ended = threading.get_ident(), threading.Event()
    clock = time.pthread_getcpuclockid(thread)
    end, over = time.clock_gettime(clock) + _SECONDS, False

    def watch() -> None:
        nonlocal over
        while not ended.wait(max(_PAUSE, end - time.clock_gettime(clock))):
            if time.clock_gettime(clock) > end:
                over = True
                _raise_in(thread, SecurityError)

    watcher = threading.Thread(target=watch, name="template clock", daemon=True)
    watcher.start()
    try:
        yield
    except Exception:
        if over:  # whatever became of our error on its way
            raise SecurityError(f"it takes over {_SECONDS:g} s") from None
        raise
    finally:
        while watcher.is_alive():
            with contextlib.suppress(SecurityError):  # one that came late, after the block
                ended.set()
                watcher.join()
        with contextlib.suppress(SecurityError):
            _raise_in(thread, None)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Have another thread raise at its next step; None: take back what it has not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(error) if error else None
    )


@contextlib.contextmanager
def _less_memory() -> Iterator[None]:
    """Let the process grow by so much and no more; where the system does not say how large it is
    there is no limit.
    """
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
