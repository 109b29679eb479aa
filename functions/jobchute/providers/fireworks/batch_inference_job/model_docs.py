"""What Fireworks' API reference says of the members of CreateBatchInferenceJob, shortened."""

DOCS = {
    "BatchInferenceJob.batchInferenceJobId": (
        "The ID of the batch inference job, which names it. Sent in the query of the call, in small letters."
    ),
    "BatchInferenceJob.displayName": (
        "Human-readable display name of the job. Jobchute appends a mark, by which it knows the job again, and "
        "shortens the whole to 63 characters."
    ),
    "BatchInferenceJob.model": (
        "The name of the model to use for inference: accounts/ACCOUNT/models/MODEL. "
        "Required unless continuedFromJobName is given."
    ),
    "BatchInferenceJob.inputDatasetId": (
        "The name of the data set with the prompts. Required unless continuedFromJobName is given."
    ),
    "BatchInferenceJob.outputDatasetId": (
        "The name of the data set for the results, which also receives the error file. "
        "If not given, Fireworks makes one."
    ),
    "BatchInferenceJob.inferenceParameters": "Parameters that control how the model answers.",
    "BatchInferenceJob.precision": "The precision with which the model is served.",
    "BatchInferenceJob.continuedFromJobName": (
        "The name of the job that this one continues: only its unfinished and failed rows are run."
    ),
    "InferenceParameters.maxTokens": "Maximum number of tokens to generate for each answer.",
    "InferenceParameters.temperature": "Sampling temperature, typically between 0 and 2.",
    "InferenceParameters.topP": "Top-p sampling parameter, typically between 0 and 1.",
    "InferenceParameters.n": "Number of answers to generate for each prompt.",
    "InferenceParameters.extraBody": (
        "Additional parameters for the inference request, as the text of a JSON object."
    ),
    "InferenceParameters.topK": "Top-k sampling parameter: limits the choice of tokens to the k most likely.",
}
