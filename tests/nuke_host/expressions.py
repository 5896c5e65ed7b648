"""Expressions of knobs, `frame * 2`, `parent.speed(frame + 1)`; and [python …], [value …] in text.

As much of Nuke's language as retimes use: numbers, + - * / % **, comparisons, &&, ||, !, ?:,
functions of one or more numbers, `frame`, knobs of this node, of `this`, `parent`, `root`,
`input`, of nodes by name, at another frame `knob(frame - 1)`, `knob.integrate(a, b)`.
"""

from __future__ import annotations

import ast
import math
import posixpath
import re
from typing import Any

_FUNCTIONS = {
    "abs": abs, "min": min, "max": max, "floor": math.floor, "ceil": math.ceil, "sqrt": math.sqrt,
    "rint": round, "round": lambda v: math.floor(v + 0.5), "int": math.trunc, "trunc": math.trunc,
    "sin": math.sin, "cos": math.cos, "exp": math.exp, "log": math.log, "pow": math.pow,
    "fmod": math.fmod, "clamp": lambda v, low=0.0, high=1.0: min(max(v, low), high),
    "lerp": lambda a, b, t: a + (b - a) * t, "step": lambda a, x: float(x >= a),
}  # fmt: skip
_OPERATIONS = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.Mod: math.fmod, ast.Pow: lambda a, b: a**b,
    ast.Eq: lambda a, b: float(a == b), ast.NotEq: lambda a, b: float(a != b),
    ast.Lt: lambda a, b: float(a < b), ast.LtE: lambda a, b: float(a <= b),
    ast.Gt: lambda a, b: float(a > b), ast.GtE: lambda a, b: float(a >= b),
}  # fmt: skip


class ExpressionError(RuntimeError):
    """An expression that cannot be evaluated; the node that has it is in error."""


def evaluate(text: str, core: Any, frame: float, view: str) -> float:
    """The value of a knob's expression."""
    host = core.host
    if host.expression_depth > 50:
        raise ExpressionError(f"{core.name}: the expression {text!r} depends on itself")
    host.expression_depth += 1
    try:
        tree = ast.parse(_as_python(expand(text, core, frame, view)), mode="eval")
        return float(_Evaluation(core, frame, view).visit(tree.body))
    except (SyntaxError, ValueError, ZeroDivisionError, TypeError) as error:
        raise ExpressionError(f"{core.name}: {text!r}: {error}") from error
    finally:
        host.expression_depth -= 1


def _as_python(text: str) -> str:
    text = re.sub(r"\$gui\b", "__gui__", text.strip())
    text = text.replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"!(?!=)", " not ", text)
    return _ternary(text.strip())


def _ternary(text: str) -> str:
    """`a ? b : c` as Python has it, the outermost first."""
    depth, question = 0, -1
    for index, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "?" and depth == 0:
            question = index
            break
    if question < 0:
        return re.sub(r"\(([^()]*\?[^()]*)\)", lambda m: f"({_ternary(m[1])})", text)
    colon = _matching_colon(text, question)
    condition, yes, no = text[:question], text[question + 1 : colon], text[colon + 1 :]
    return f"(({_ternary(yes)}) if ({_ternary(condition)}) else ({_ternary(no)}))"


def _matching_colon(text: str, start: int) -> int:
    depth, inner = 0, 0
    for index in range(start + 1, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0 and text[index] == "?":
            inner += 1
        elif depth == 0 and text[index] == ":":
            if inner == 0:
                return index
            inner -= 1
    raise ExpressionError(f"{text!r}: ? without :")


class _Evaluation(ast.NodeVisitor):
    def __init__(self, core: Any, frame: float, view: str) -> None:
        self.core, self.frame, self.view = core, frame, view

    def visit_Constant(self, node: ast.Constant) -> float:
        return node.value

    def visit_UnaryOp(self, node: ast.UnaryOp) -> float:
        value = self.visit(node.operand)
        return float(not value) if isinstance(node.op, ast.Not) else -value

    def visit_BinOp(self, node: ast.BinOp) -> float:
        return _OPERATIONS[type(node.op)](self.visit(node.left), self.visit(node.right))

    def visit_Compare(self, node: ast.Compare) -> float:
        return _OPERATIONS[type(node.ops[0])](
            self.visit(node.left), self.visit(node.comparators[0])
        )

    def visit_BoolOp(self, node: ast.BoolOp) -> float:
        values = [self.visit(entry) for entry in node.values]
        return float(all(values) if isinstance(node.op, ast.And) else any(values))

    def visit_IfExp(self, node: ast.IfExp) -> float:
        return self.visit(node.body if self.visit(node.test) else node.orelse)

    def visit_Name(self, node: ast.Name) -> float:
        return self._named([node.id], self.frame)

    def visit_Attribute(self, node: ast.Attribute) -> float:
        return self._named(_path(node), self.frame)

    def visit_Call(self, node: ast.Call) -> float:
        arguments = [self.visit(entry) for entry in node.args]
        path = _path(node.func)
        if len(path) == 1 and path[0] in _FUNCTIONS:
            return _FUNCTIONS[path[0]](*arguments)
        if path[-1] in ("integrate", "integral") and len(arguments) == 2:
            knob, index = find_knob(self.core, path[:-1])
            return knob._integral(arguments[0], arguments[1], max(index, 0))
        return self._named(path, arguments[0])

    def generic_visit(self, node: ast.AST) -> Any:
        raise ExpressionError(f"{ast.dump(node)} is not in the fake's expressions")

    def _named(self, path: list[str], frame: float) -> float:
        plain = {"frame": frame, "t": frame, "x": frame, "pi": math.pi, "y": 0.0}
        if len(path) == 1 and path[0] in plain:
            return plain[path[0]]
        if path == ["__gui__"]:
            return float(self.core.host.gui)
        if len(path) > 1 and path[-1] in ("first_frame", "last_frame", "width", "height"):
            found = _about_node(self.core, path, frame, self.view)
            if found is not None:
                return found
        knob, index = find_knob(self.core, path)
        return knob._number_at(frame, max(index, 0), self.view)


def _about_node(core: Any, path: list[str], frame: float, view: str) -> float | None:
    node = find_node(core, path[:-1])
    if node is None or path[-1] in node.knobs:
        return None
    if path[-1] in ("first_frame", "last_frame"):
        first, last = core.host.frame_range(node)
        return float(first if path[-1] == "first_frame" else last)
    image = core.host.image(node, frame, view)
    return float(getattr(image.format, "_" + path[-1]))


def _path(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_path(node.value), node.attr]
    raise ExpressionError(f"{ast.dump(node)} is no name")


def find_node(core: Any, path: list[str]) -> Any:
    """The node that a path of names reaches from a node, or None."""
    here = core
    for step, name in enumerate(path):
        if name == "this":
            continue
        if name == "parent":
            here = here.parent
        elif name == "root":
            here = core.host.root_core
        elif name == "input" or re.fullmatch(r"input\d+", name):
            here = here.input_core(int(name[5:] or 0))
        else:
            inside = here if (step or (here.is_group and here.child(name))) else here.parent
            here = inside.child(name) if inside is not None and inside.is_group else None
        if here is None:
            return None
    return here


def find_knob(core: Any, path: list[str]) -> tuple[Any, int]:
    """The knob that a path of names reaches, and the index of its channel or -1."""
    options = []
    for split in range(len(path)):
        node = find_node(core, path[:split]) if split else core
        name = ".".join(path[split:])
        if node is not None and name in node.knobs:
            options.append((node.knobs[name], -1))
        head, _, channel = name.rpartition(".")
        if node is not None and head in node.knobs:
            index = node.knobs[head]._channel_index(channel)
            if index >= 0:
                options.append((node.knobs[head], index))
    if not options:
        raise ExpressionError(f"{core.name}: nothing named {'.'.join(path)!r}")
    return options[0]


def nodes_named(core: Any) -> list[Any]:
    """The other nodes that the expressions of a node's knobs name."""
    found = []
    for knob in core.knobs.values():
        for text in getattr(knob, "_expressions", {}).values():
            for path in re.findall(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", text):
                parts = path.split(".")
                nodes = (find_node(core, parts[:stop]) for stop in range(len(parts) - 1, 0, -1))
                found += [node for node in nodes if node not in (None, core)][:1]
    return found


def expand(text: str, core: Any, frame: float, view: str) -> str:
    """The text of a string knob with its [ ] and $ replaced."""
    if "[" not in text:
        return text
    found, index = [], 0
    while index < len(text):
        if text[index] == "\\" and index + 1 < len(text):
            found.append(text[index + 1])
            index += 2
        elif text[index] == "[":
            end = _bracket_end(text, index)
            found.append(_command(text[index + 1 : end], core, frame, view))
            index = end + 1
        else:
            found.append(text[index])
            index += 1
    return "".join(found)


def _bracket_end(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        depth += {"[": 1, "]": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise ExpressionError(f"{text!r}: [ without ]")


def _command(text: str, core: Any, frame: float, view: str) -> str:
    name, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if name == "python":
        code = rest[1:-1] if rest.startswith("{") else rest
        with core.host.context(core):
            return str(eval(code.replace("-execlocal", ""), core.host.main_namespace))
    if name in ("value", "knob"):
        knob, _ = find_knob(core, rest.split(".") if "." in rest else [rest])
        return knob._text_at(frame, view)
    if name == "frame":
        return str(int(frame))
    if name == "getenv":
        import os

        return os.environ.get(rest, "")
    if name == "file" and rest.startswith("dirname"):
        return posixpath.dirname(expand(rest[7:].strip(), core, frame, view))
    if name == "expression":
        return str(evaluate(rest.strip("{}"), core, frame, view))
    raise ExpressionError(f"{core.name}: [{text}] is not in the fake's TCL")
