"""What fireworks:CreateBatchInferenceJob is billed for: tokens, which are in its data set, not in its request.

Batch inference has half the price of the model's serverless inference. A document may say how many tokens there
are at most (`usage`).
"""

from jobchute.job import Document
from jobchute.providers.charges import Amount, Charges, Usage

INPUT, OUTPUT = "fireworks:input", "fireworks:output"
NO_COUNTS = "the request does not say how many tokens its input has; give usage.inputTokens and outputTokens"
NO_MODEL = "the request does not say which model runs: it continues another job"


def charges_in(request: Document, usage: Usage) -> Charges:
    model = request.get("model")
    if not model:
        return Charges(unknown=NO_MODEL)
    if not {"inputTokens", "outputTokens"} <= usage.keys():
        return Charges(unknown=NO_COUNTS)
    return Charges(
        amounts=(
            Amount(f"{INPUT}/{model}", usage["inputTokens"], "inputTokens", is_reported=True),
            Amount(f"{OUTPUT}/{model}", usage["outputTokens"], "outputTokens", is_reported=True),
        )
    )
