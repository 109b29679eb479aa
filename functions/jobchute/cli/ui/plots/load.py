"""How full a pool is, as one bar."""

import svg
from markupsafe import Markup

from jobchute.cli.facts.pools import PoolFacts
from jobchute.cli.ui.plots.drawing import percent, picture

HEIGHT = 12


def load(number: int, pool: PoolFacts) -> Markup:
    """The jobs in flight, up to the pool's limit; a line shows a lower limit that holds now. number: of the bar
    on its page.
    """
    most = max(pool.limit, pool.in_flight, 1)
    elements: list[svg.Element] = [
        _bar("room", pool.limit / most),
        _bar("filled", pool.in_flight / most),
    ]
    if pool.limit_now < pool.limit:
        at = percent(pool.limit_now / most)
        elements.append(svg.Line(x1=at, x2=at, y1=0, y2=HEIGHT, class_=["cut"]))
    limit = f"{pool.limit}" if pool.limit_now == pool.limit else f"{pool.limit_now}, for now, of {pool.limit}"
    return picture(
        f"load-{number}",
        title=f"{pool.in_flight} jobs in flight, the limit is {limit}",
        description=pool.pool,
        height=HEIGHT,
        elements=elements,
    )


def _bar(kind: str, part: float) -> svg.Element:
    return svg.Rect(x=0, y=1, width=percent(part), height=HEIGHT - 2, class_=["load", kind])
