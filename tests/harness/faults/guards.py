"""Every guard of the product, how to take it away, and the runs that must then report what it is against."""

from tests.harness.faults.guards_of_answers import ANSWERS
from tests.harness.faults.guards_of_attempts import ATTEMPTS
from tests.harness.faults.guards_of_budgets import BUDGETS
from tests.harness.faults.guards_of_changes import CHANGES
from tests.harness.faults.guards_of_leases import LEASES
from tests.harness.faults.guards_of_overtaken import OVERTAKEN
from tests.harness.faults.guards_of_queues import QUEUES
from tests.harness.faults.guards_of_submission import SUBMISSION
from tests.harness.faults.guards_of_unseen import UNSEEN

GUARDS = (*SUBMISSION, *QUEUES, *LEASES, *ANSWERS, *BUDGETS, *ATTEMPTS, *CHANGES, *UNSEEN, *OVERTAKEN)
