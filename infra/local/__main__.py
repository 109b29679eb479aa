"""python -m infra.local up | down | env | demo: the embedded AWS, with the stack deployed to it."""

import argparse
import sys

from infra.local import embedded


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "env", "demo"))
    match parser.parse_args().command:
        case "up":
            embedded.up()
            return 0
        case "down":
            embedded.down()
            return 0
        case "env":
            return _print_environment()
        case _:
            return _demo()


def _print_environment() -> int:
    """Shell exports, for eval."""
    deployment = embedded.current()
    if deployment is None:
        print("the embedded AWS is not up; start it with: jobchute local up", file=sys.stderr)
        return 2
    for name, value in deployment.environment().items():
        print(f"export {name}={value}")
    return 0


def _demo() -> int:
    from infra.local.demo import run_demo

    deployment = embedded.up()
    deployment.enter()
    return run_demo(deployment)


if __name__ == "__main__":
    sys.exit(main())
