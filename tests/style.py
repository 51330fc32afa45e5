"""Measure how the code reads, and fail where it leaves the habits that we keep.

Usage: python tests/style.py [FOLDER=distro]. Prints one line per figure; exits 1 where one is over
its bar. `make lint` runs it.
"""

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION_P90, FUNCTION_MOST, MODULE_MOST, COLUMNS = 25, 60, 350, 100  # lines, lines, lines, columns
OPENERS = re.compile(r"(?:What|Who|Whom|Whose|Whether|How|Why|Where)\b")  # says what to do
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main(folder: Path) -> int:
    """Print every figure and return the exit code."""
    modules = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in modules.items()}
    lengths = {
        f"{path}:{f.lineno} {f.name}": length_of(f)
        for path, tree in trees.items()
        for f in functions_of(tree)
    }
    p90 = sorted(lengths.values())[int(len(lengths) * 0.9)]
    sizes = {str(path): text.count("\n") for path, text in modules.items()}
    median = statistics.median(lengths.values())
    print(
        f"functions: {len(lengths)}, median {median:g}, p90 {p90}, longest {max(lengths.values())}"
    )
    middle = statistics.median(sizes.values())
    print(f"modules: {len(sizes)}, median {middle:g}, longest {max(sizes.values())}")
    scripts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.lua"))}
    faults = [
        *([f"p90 of functions is {p90} lines, over {FUNCTION_P90}"] if p90 > FUNCTION_P90 else []),
        *over(lengths, FUNCTION_MOST, "lines in one function"),
        *over(sizes, MODULE_MOST, "lines in one module"),
        *wide_lines(modules | scripts),
        *(fault for path, tree in trees.items() for fault in undocumented(path, tree)),
        *(fault for path, tree in trees.items() for fault in unannotated(path, tree)),
        *(f"circle of imports: {' -> '.join(circle)}" for circle in circles(trees)),
    ]
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults")
    return bool(faults)


def over(sizes: dict[str, int], most: int, what: str) -> Iterator[str]:
    """Yield what is larger than it may be."""
    for name, size in sizes.items():
        if size > most:
            yield f"{name}: {size} {what}, over {most}"


def wide_lines(texts: dict[Path, str]) -> Iterator[str]:
    """Yield the lines that are too wide."""
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > COLUMNS:
                yield f"{path}:{number}: {len(line)} columns, over {COLUMNS}"


def functions_of(tree: ast.AST) -> Iterator[Function]:
    """Yield every function of a module, methods and inner ones too."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def length_of(function: Function) -> int:
    """Return the lines of a function, from `def` to its end, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def public_of(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield public functions, classes and methods with their names."""
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node.name, node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function) and not inner.name.startswith("_"):
                    yield f"{node.name}.{inner.name}", inner


def undocumented(path: Path, tree: ast.Module) -> Iterator[str]:
    """Yield public names without a docstring, and docstrings that begin with a question word."""
    if ast.get_docstring(tree) is None and tree.body:
        yield f"{path}: the module has no docstring"
    for name, node in public_of(tree):
        if ast.get_docstring(node) is None and not overrides(node):  # type: ignore[arg-type]
            yield f"{path}:{getattr(node, 'lineno', 0)} {name} has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node)
            if text and OPENERS.match(text):
                yield f"{path}:{getattr(node, 'lineno', 1)} a docstring opens with a question word"


def overrides(node: ast.AST) -> bool:
    """Return whether a method says by @override that its base class documents it."""
    return any("override" in ast.unparse(d) for d in getattr(node, "decorator_list", []))


def unannotated(path: Path, tree: ast.Module) -> Iterator[str]:
    """Yield functions that leave out the type of a parameter or of what they return."""
    for function in functions_of(tree):
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named += [a for a in (arguments.vararg, arguments.kwarg) if a]
        bare = [a.arg for a in named if a.annotation is None and a.arg not in {"self", "cls"}]
        if bare or function.returns is None:
            yield f"{path}:{function.lineno} {function.name} is not annotated: {', '.join(bare)}"


def circles(trees: dict[Path, ast.Module]) -> list[list[str]]:
    """Return the circles among all imports, those within functions too, the shortest first."""
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in trees}
    arrows = {
        name: {
            target
            for node in ast.walk(trees[path])
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
            if (target := target_of(node.module, alias.name, names)) and target != name
        }
        for name, path in names.items()
    }
    found = []
    for start in arrows:
        trail = shortest(arrows, start)
        if trail and min(trail) == start:
            found.append(trail)
    return sorted(found, key=len)


def target_of(module: str, name: str, known: dict[str, Path]) -> str:
    """Return what `from module import name` imports: a module of the tree; "" for none."""
    inner = f"{module}.{name}"
    return next((m for m in (inner, module) if m in known), "")


def shortest(arrows: dict[str, set[str]], start: str) -> list[str]:
    """Return the shortest way from a module back to itself; [] where there is none."""
    trails = [[start]]
    seen: set[str] = set()
    while trails:
        trail = trails.pop(0)
        for target in sorted(arrows[trail[-1]]):
            if target == start:
                return [*trail, start]
            if target not in seen:
                seen.add(target)
                trails.append([*trail, target])
    return []


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "distro")))
