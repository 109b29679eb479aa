"""Request bodies for tests: the valid ones of the examples, and what chance makes of them."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

from tests.apis import REQUESTS
from tests.paths import EXAMPLES

BODIES = [json.loads(path.read_text()) for path in sorted(EXAMPLES.glob("*/*/*.json"))]
VALID: dict[str, Any] = {
    **{str(api): body for api, body in REQUESTS.items()},
    **{example["api"]: example["request"] for example in BODIES if example["expected"] == "valid"},
}


def mutations(value: Any) -> st.SearchStrategy[Any]:
    """JSON values, and the given body with some of its values replaced or new keys added."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    anything = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=8,
    )

    @st.composite
    def mutated(draw: st.DrawFn) -> Any:
        body = copy.deepcopy(value)
        for _ in range(draw(st.integers(1, 4))):
            place: Any = body
            while isinstance(place, dict | list) and place:
                key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
                if isinstance(place, dict) and draw(st.integers(0, 6)) == 0:
                    key = draw(st.text(max_size=9))
                if (isinstance(place, dict) and key not in place) or draw(st.booleans()):
                    place[key] = draw(anything)
                    break
                place = place[key]
        return body

    return anything | mutated()
