"""bedrock:CreateModelCustomizationJob."""
