"""The CDK application: one stack, deployed alike to AWS and to the embedded AWS."""

import os
import sys
from pathlib import Path

# The node of the virtual environment comes first, even where the machine has another one.
_node = Path(sys.executable).with_name("node")
if _node.exists():
    os.environ.setdefault("JSII_NODE", str(_node))
