"""python -m infra.local up | down | env | demo: the embedded AWS, with the stack deployed to it."""

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from infra.local import embedded


class Actions(NamedTuple):
    """What the commands do."""

    up: Callable[[], embedded.Deployment] = embedded.up
    down: Callable[[], object] = embedded.down
    current: Callable[[], embedded.Deployment | None] = embedded.current
    show_page: Callable[[embedded.Deployment], str] = embedded.show_page


ACTIONS = Actions()


def main(actions: Actions = ACTIONS) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "env", "demo"))
    try:
        return _run(parser.parse_args().command, actions)
    except KeyboardInterrupt:
        print("stopped by Ctrl-C; what was started is ended by: jobchute local down", file=sys.stderr)
        return 130


def _run(command: str, actions: Actions) -> int:
    match command:
        case "up":
            actions.up()
            return 0
        case "down":
            actions.down()
            return 0
        case "env":
            return _print_environment(actions)
        case _:
            return _demo(actions)


def _print_environment(actions: Actions) -> int:
    """Shell exports, for eval."""
    deployment = actions.current()
    if deployment is None:
        print("the embedded AWS is not up; start it with: jobchute local up", file=sys.stderr)
        return 2
    print(exports(deployment.environment()))
    return 0


def exports(environment: Mapping[str, str]) -> str:
    """Shell commands that set these variables to exactly these values, quoted for sh, bash and zsh."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def _demo(actions: Actions) -> int:
    from infra.local.demo import run_demo

    deployment = actions.up()
    deployment.enter()
    return run_demo(deployment, page=actions.show_page(deployment))


if __name__ == "__main__":
    sys.exit(main())
