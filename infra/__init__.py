"""The CDK application: one stack, deployed alike to AWS and to the embedded AWS."""

import os
import sys
from pathlib import Path

# The node that the virtual environment brings, whatever else the machine has.
_node = Path(sys.executable).with_name("node")
if _node.exists():
    os.environ.setdefault("JSII_NODE", str(_node))
