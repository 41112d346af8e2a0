"""Runs the blocks of a function in their order: tests, loops, `with` and what stands between them."""

from __future__ import annotations

from prodlint.facts import Block, Python, Return
from prodlint.finding import Location, Step
from prodlint.project.routes.exemptions.attempts import attempt, suppressed
from prodlint.project.routes.exemptions.expressions import seen
from prodlint.project.routes.exemptions.frame import OPAQUE, Frame, Seen, State, Thing, Unsure, truth
from prodlint.project.routes.exemptions.parts import mentions_route
from prodlint.project.routes.exemptions.sequences import listed
from prodlint.project.routes.exemptions.statements import run_statement
from prodlint.project.routes.exemptions.structure import belongs, children, joined, targets


def run_block(frame: Frame, index: int) -> State | None:
    """Run a block; the state at its end, or None where no way comes to its end."""
    project, shapes = frame.run.project, frame.run.shapes
    python = project.python(frame.path)
    assert python is not None
    shape = shapes.get((frame.path, frame.scope))
    if shape is None:
        shape = children(project, python, frame.path, frame.scope)
        shapes[frame.path, frame.scope] = shape
    inside = shape.get(index, [])
    position = 0
    while position < len(inside):
        child = inside[position]
        position += 1
        if isinstance(child, int):
            kind = python.blocks[child].kind
            group = [child]
            while position < len(inside) and belongs(python, kind, inside[position]):
                follower = inside[position]
                assert isinstance(follower, int)
                group.append(follower)
                position += 1
                if kind == "if":
                    break
            left = _compound(frame, python, group)
            if left is None:
                return None
            frame.state = left
            continue
        run_statement(frame, child)
        if frame.ended:
            frame.ended = False
            return None
    return frame.state


def _compound(frame: Frame, python: Python, group: list[int]) -> State | None:
    block = python.blocks[group[0]]
    match block.kind:
        case "if":
            return _if(frame, python, group)
        case "for" | "while":
            return _loop(frame, python, block, group)
        case "try":
            return attempt(frame, python, group)
        case "with":
            return _with(frame, block, group[0])
        case "case":
            about = block.value is not None and mentions_route(frame, block.value)
            return _branches(frame, [*group, -1], "unsure" if about else "other")
    return _branches(frame, [*group, -1], "other")


def _with(frame: Frame, block: Block, index: int) -> State | None:
    if block.value is not None:
        seen(frame, block.value)
        if frame.ended:
            frame.ended = False
            return None
    for name, _ in targets(block.target, OPAQUE) if block.target is not None else ():
        frame.state.values[name] = OPAQUE
    return suppressed(frame, block, index)


def _if(frame: Frame, python: Python, group: list[int]) -> State | None:
    block = python.blocks[group[0]]
    otherwise = group[1] if len(group) > 1 else -1
    assert block.value is not None
    about = mentions_route(frame, block.value)
    frame.run.note = ""
    told = truth(seen(frame, block.value))
    if frame.ended:
        frame.ended = False
        return None
    if told in {"yes", "no"}:
        if about:
            words = frame.run.note if frame.run.note and told == "yes" else ""
            frame.state.why = Step(words, Location(frame.path, block.place))
        taken = group[0] if told == "yes" else otherwise
        return run_block(frame, taken) if taken >= 0 else frame.state
    order = [otherwise, group[0]] if told == "default no" else [group[0], otherwise]
    return _branches(frame, order, told)


def _branches(frame: Frame, blocks: list[int], told: str) -> State | None:
    """Run blocks of which one is taken (-1 for none of them), and join what comes to their ends."""
    start, found = frame.state, []
    for number, index in enumerate(blocks):
        frame.state = start.copy()
        frame.state.other = True
        if told == "unsure":
            frame.state.doubt = frame.state.doubt or "a test of the path cannot be followed"
        elif told.startswith("default ") and number:
            frame.state.setting = True
        left = run_block(frame, index) if index >= 0 else frame.state
        if left is not None:
            found.append(left)
    if len(found) == len(blocks):
        # All of them go on, so that nothing is decided by the test.
        left = joined(found)
        left.other, left.setting, left.doubt = start.other, start.setting, start.doubt
        return left
    return joined(found) if found else None


def _loop(frame: Frame, python: Python, block: Block, group: list[int]) -> State | None:
    """A loop over known values is run for each of them; any other once or not at all."""
    items = None
    over: Seen = OPAQUE
    if block.kind == "for" and block.value is not None:
        over = seen(frame, block.value)
        if frame.ended:
            frame.ended = False
            return None
        items = listed(frame, over)
    if over == Thing("headers"):
        # None of the headers that are there carries a credential.
        frame.state.looked, items = True, []
    if items is None or block.target is None:
        return _any_number(frame, python, block, group[0])
    for item in items:
        for name, value in targets(block.target, item):
            frame.state.values[name] = value
        before = len(frame.exits)
        left = run_block(frame, group[0])
        jumps = [each for each in frame.exits[before:] if each.kind == "jump"]
        frame.exits = [each for each in frame.exits if each.kind != "jump"]
        if left is None and not jumps:
            return None
        if left is None and any(each.status for each in jumps):  # `break`
            return frame.state
        frame.state = left if left is not None else frame.state
    return run_block(frame, group[1]) if len(group) > 1 else frame.state


def _any_number(frame: Frame, python: Python, block: Block, index: int) -> State | None:
    about = block.value is not None and mentions_route(frame, block.value)
    for name, _ in targets(block.target, OPAQUE) if block.target is not None else ():
        frame.state.values[name] = Unsure("a loop over computed paths is not followed") if about else OPAQUE
    # What a block inside a loop that is not unrolled returns may hang on the path.
    returns = any(getattr(each, "block", -1) == index and isinstance(each, Return) for each in python.statements)
    left = _branches(frame, [index, -1], "unsure" if about or returns else "other")
    frame.exits = [each for each in frame.exits if each.kind != "jump"]
    return left
