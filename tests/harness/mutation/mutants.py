"""Small mistakes, each put into a module's source in one place.

After mutmut: comparisons, boolean operators, arithmetic, constants, texts (those in messages too), conditions,
assigned and returned values, arguments left out, statements left out. Docstrings, annotations, decorators,
imports and f-string formats stay as they are.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Continue: ast.Break,
    ast.Break: ast.Continue,
}
SKIPPED_FIELDS = frozenset({"annotation", "returns", "decorator_list", "type_params"})
SKIPPED_NODES = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake. path: from the module's tree to the node, by field and position; node: what stands there."""

    path: tuple[tuple[str, int | None], ...]
    node: ast.AST
    line: int
    what: str

    def source(self, tree: ast.Module) -> str:
        """The module with the mistake in it."""
        changed = copy.deepcopy(tree)
        parent: ast.AST = changed
        for name, index in self.path[:-1]:
            value = getattr(parent, name)
            parent = value if index is None else value[index]
        name, index = self.path[-1]
        if index is None:
            setattr(parent, name, self.node)
        else:
            getattr(parent, name)[index] = self.node
        return ast.unparse(ast.fix_missing_locations(changed))


def mutants_of(tree: ast.Module) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    return sorted(_below(tree, (), 0), key=lambda mutant: mutant.line)


def _below(node: ast.AST, path: tuple[tuple[str, int | None], ...], line: int) -> Iterator[Mutant]:
    for name, value in ast.iter_fields(node):
        if name in SKIPPED_FIELDS:
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or isinstance(child, SKIPPED_NODES) or _is_inert(child):
                continue
            here, at = (*path, (name, index)), getattr(child, "lineno", line)
            for changed in _changes(child):
                yield Mutant(here, changed, at, f"{_shown(child)} -> {_shown(changed)}")
            yield from _below(child, here, at)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    if swap := SWAPS.get(type(node)):
        yield swap()
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield ast.Constant(f"XX{value}XX")
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.If(test=test, body=body, orelse=orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Return(value=ast.AST() as value) if not _is_nothing(value):
            yield ast.Return(ast.Constant(None))
        case ast.Assign(targets=targets, value=value) if not _is_nothing(value):
            yield ast.Assign(targets, ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield from _silenced(node.value)
        case ast.Call(func=func, args=args, keywords=keywords) if len(args) > 1:
            for index in range(len(args)):
                yield ast.Call(func, [*args[:index], *args[index + 1 :]], keywords)


def _silenced(value: ast.expr) -> Iterator[ast.AST]:
    """The statement left out, in a form that leaves a generator a generator."""
    match value:
        case ast.Yield():
            yield ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))
        case ast.YieldFrom(value=inner):
            first_none = ast.Slice(upper=ast.Constant(0))
            items = ast.List([ast.Starred(inner, ast.Load())], ast.Load())
            yield ast.Expr(ast.YieldFrom(ast.Subscript(items, first_none, ast.Load())))
        case _:
            yield ast.Pass()


def _is_inert(node: ast.AST) -> bool:
    """Docstrings and `__all__`: nothing that runs reads them."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case _:
            return False


def _is_nothing(value: ast.AST) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _shown(node: ast.AST) -> str:
    try:
        text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    except (AttributeError, ValueError):
        text = ""
    return " ".join(text.split())[:70] or type(node).__name__
