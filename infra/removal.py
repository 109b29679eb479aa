"""What becomes of data when their stack goes."""

import aws_cdk as cdk


def policy_of_data(*, is_throwaway: bool) -> cdk.RemovalPolicy:
    """Kept by updates and by the stack's deletion, but deleted when the deployment that made them is rolled
    back (DeletionPolicy RetainExceptOnCreate), so that a first deployment that fails leaves nothing behind.

    Not for the ledger's table: it is protected from deletion, and the rollback would fail.
    """
    return cdk.RemovalPolicy.DESTROY if is_throwaway else cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
