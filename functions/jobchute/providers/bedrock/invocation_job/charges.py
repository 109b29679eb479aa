"""What bedrock:CreateModelInvocationJob is billed for: tokens, which are in its input and not in its request.

A document may say how many they are at most (`usage`); `jobchute plan --count-tokens` counts them.
"""

from jobchute.job import Document
from jobchute.providers.charges import Amount, Charges, Usage

INPUT, OUTPUT = "bedrock:input", "bedrock:output"
NO_COUNTS = "the request does not say how many tokens its input has; give usage.inputTokens and outputTokens"


def charges_in(request: Document, usage: Usage) -> Charges:
    if not {"inputTokens", "outputTokens"} <= usage.keys():
        return Charges(unknown=NO_COUNTS)
    model = request["modelId"]
    return Charges(
        amounts=(
            Amount(f"{INPUT}/{model}", usage["inputTokens"], "inputTokens", is_reported=True),
            Amount(f"{OUTPUT}/{model}", usage["outputTokens"], "outputTokens", is_reported=True),
        )
    )
